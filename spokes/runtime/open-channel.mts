import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortStream } from './port-stream.mts';

const CHANNEL = 3;
/** Bytes that are read at once, as many as Node reads by itself. */
const READ = 65_536;
/** The entry of a thread; every other is that of a process. */
const THREAD = /\/thread\.cjs$/;

/**
 * The daemon's channel: a descriptor where the spoke is a process, a port where it is a thread of the daemon. `entry` is
 * the file that was started, and tells which. Throws where there is none. The bytes of one 'data' are good until the next.
 * Whoever listens does so in the same turn: what comes before is lost, and nothing holds it back.
 */
export async function openChannel(entry: string): Promise<Duplex> {
  return THREAD.test(entry) ? openPort() : openDescriptor();
}

function openDescriptor(): Duplex {
  try {
    const socket: Socket = new Socket(descriptorOf((bytes) => socket.emit('data', bytes)));
    return socket;
  } catch {
    throw new Error(
      `expected a daemon's channel on descriptor ${CHANNEL}, found none; spokes are started by axiumd`,
    );
  }
}

/**
 * One buffer for all that comes: Node would make one for each read, and push it through a stream. Its types know `onread`
 * only where a socket connects.
 */
function descriptorOf(take: (bytes: Buffer) => boolean): SocketConstructorOpts & ConnectOpts {
  const whole = Buffer.allocUnsafeSlow(READ);
  const onread = { buffer: whole, callback: (length: number) => take(whole.subarray(0, length)) };
  return { fd: CHANNEL, readable: true, writable: true, onread };
}

async function openPort(): Promise<Duplex> {
  // Here, since most spokes are processes: loading it would make each of them start later.
  const { parentPort, workerData } = await import('node:worker_threads');
  const { port } = workerData;
  // The spoke's own code comes later, and finds no way to send what nobody reads.
  delete workerData.port;
  parentPort?.close();
  return new PortStream(port);
}

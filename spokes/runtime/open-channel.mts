import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortStream } from './port-stream.mts';

const CHANNEL = 3;
/** The entry of a thread; every other is that of a process. */
const THREAD = /\/thread\.cjs$/;

/**
 * The daemon's channel: a descriptor where the spoke is a process, a port where it is a thread of the daemon. `entry` is
 * the file that was started, and tells which. Throws where there is none.
 */
export async function openChannel(entry: string): Promise<Duplex> {
  return THREAD.test(entry) ? openPort() : openDescriptor();
}

function openDescriptor(): Duplex {
  try {
    return new Socket({ fd: CHANNEL, readable: true, writable: true });
  } catch {
    throw new Error(
      `expected a daemon's channel on descriptor ${CHANNEL}, found none; spokes are started by axiumd`,
    );
  }
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

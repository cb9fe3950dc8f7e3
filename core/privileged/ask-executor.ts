import type { Socket } from 'node:net';
import type { Code } from '../../schemas/codes.ts';
import {
  EXECUTOR,
  type ExecutorCode,
  type Performed,
  type PerformRequest,
  performReplySchema,
} from '../../schemas/executor.ts';
import { encodeLine, LineSplitter } from '../channel/framing.ts';
import { AxiumError, errno } from '../errors.ts';
import type { Powers } from '../powers.ts';

/** Both streams of an action at their largest, each character escaped at its longest. */
const MAX_ANSWER = 16_777_216;
/** How much longer than its action the executor may take to answer. */
const GRACE_MS = 150_000;

/**
 * Asks the executor once. `absent` where nobody listens, so that nothing can have been done. Throws AxiumError for a
 * refusal and for whatever leaves open what was done: neither is a reason to try in another way.
 */
export async function askExecutor(
  { connect, clock }: Pick<Powers, 'connect' | 'clock'>,
  path: string,
  request: Omit<PerformRequest, 'v' | 'cmd'>,
  timeoutMs: number,
): Promise<Performed | 'absent'> {
  let socket: Socket;
  try {
    socket = await connect(path);
  } catch (error) {
    if (errno(error) === 'ENOENT' || errno(error) === 'ECONNREFUSED') return 'absent';
    if (errno(error) === 'EACCES')
      throw new AxiumError(
        'denied',
        'your user may not ask the executor; root can add it to the group of the executor, for the time after it has logged in anew',
      );
    throw new AxiumError('unavailable', `${path}: the executor cannot be reached (${errno(error)})`);
  }
  const line = await new Promise<string>((resolve, reject) => {
    const splitter = new LineSplitter(MAX_ANSWER);
    const fail = (what: string) => {
      late.cancel();
      socket.destroy();
      reject(new AxiumError('unavailable', `the executor ${what}; whether it acted is in its own record`));
    };
    const late = clock.after(timeoutMs + GRACE_MS, () => fail('has not answered in time'));
    socket.on('data', (bytes: Buffer) => {
      const { lines, fault } = splitter.push(bytes);
      if (lines[0] !== undefined) {
        late.cancel();
        socket.destroy();
        resolve(lines[0]);
      } else if (fault !== null) fail(`answered with what is no line: ${fault}`);
    });
    socket.once('error', (error) => fail(`broke the connection (${errno(error)})`));
    socket.once('close', () => fail('ended the connection without an answer'));
    socket.write(encodeLine({ ...request, v: EXECUTOR.version, cmd: 'perform' }));
  });
  return readReply(line);
}

function readReply(line: string): Performed {
  const read = performReplySchema.safeParse(parse(line));
  if (!read.success)
    throw new AxiumError(
      'unavailable',
      'the executor answered with something else than was expected; install the same axium on both sides',
    );
  if (read.data.ok) return read.data;
  const { code, error } = read.data;
  throw new AxiumError(CODES[code], `the executor refused: ${error}`);
}

/** How a refusal of the executor is called on the channel. */
const CODES: Readonly<Record<ExecutorCode, Code>> = {
  denied: 'denied',
  invalid: 'invalid',
  not_found: 'not_found',
  exists: 'exists',
  busy: 'busy',
  version: 'unavailable',
  unavailable: 'unavailable',
  failed: 'failed',
  internal: 'failed',
};

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

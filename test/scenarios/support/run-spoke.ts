import { Channel } from '../../../core/channel/channel.ts';
import { CHANNEL_LIMITS } from '../../../core/channel/limits.ts';
import type { Message } from '../../../core/channel/message.ts';
import type { Powers } from '../../../core/powers.ts';
import { dataSize, limiter } from '../../../core/sandbox/memory-limit.ts';
import type { Sandbox } from '../../../core/sandbox/sandbox.ts';
import { loadSetLimit } from '../../../core/sandbox/set-limit.ts';
import type { RuntimeName } from '../../../schemas/manifest.ts';
import type { Response } from '../../../schemas/wire.ts';

export interface SpokeRun {
  readonly directory: string;
  /** What the spoke is told, when it asks for its target. */
  readonly target: object;
  /** Bytes that it may take beyond what it has before its code begins; null for no limit. */
  readonly extraBytes: number | null;
  /** What runs its main module. */
  readonly runtime?: RuntimeName;
}

/** How a spoke came out of it. */
export interface Outcome {
  /** What it got, or null. */
  readonly got: unknown;
  /** Why it got nothing: what it was refused with, or how its process ended. */
  readonly refusal: string | null;
  /** False where the process ended before its first message. */
  readonly begun: boolean;
}

const PATIENCE_MS = 15_000;
const MAX_STDERR = 8000;

/** Runs a spoke to its report or its end, over the real channel. Bounded in time; leaves no process. */
export async function runSpoke(
  powers: Powers,
  sandbox: Sandbox,
  { directory, target, extraBytes, runtime = 'node' }: SpokeRun,
): Promise<Outcome> {
  const module = { node: 'main.mjs', python: 'main.py', exec: 'main.sh' }[runtime];
  const process = sandbox.start({ directory, module, runtime });
  let stderr = '';
  let begun = false;
  process.stdout.resume();
  process.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR) stderr += chunk.toString('utf8');
  });
  const stderrRead = new Promise((resolve) => process.stderr.once('close', resolve));
  const outcome = new Promise<Outcome>((resolve) => {
    const end = (refusal: string) => resolve({ got: null, refusal, begun });
    const timer = powers.clock.after(PATIENCE_MS, () => end(`it did not answer in time; ${stderr}`));
    const answer = async ({ id, cmd, body }: Message): Promise<Response> => {
      if (cmd === 'hello') {
        begun = true;
        const problem = extraBytes === null ? null : await limit(extraBytes);
        if (problem !== null) end(`the test could not limit it: ${problem}`);
        const start = { spoke: 'attacker', version: '1', module: process.moduleUrl, function: 'register' };
        return { id, ok: true, start };
      }
      if (cmd === 'report') {
        const { got, refusal } = body as unknown as Outcome;
        resolve({ got, refusal, begun });
      }
      return { id, ok: true, target };
    };
    const limit = async (extra: number) => {
      const pid = process.pid();
      const had = pid === null ? null : dataSize(powers.filesNow, pid);
      return pid === null || had === null
        ? 'its memory is not known'
        : limiter(powers, await loadSetLimit())(pid, { had, extra });
    };
    const channel = new Channel({
      stream: process.channel,
      limits: CHANNEL_LIMITS,
      clock: powers.clock,
      isHeavy: () => false,
      serve: (message, reply) => void answer(message).then(reply),
      onBreach: (what) => end(`it broke the rules of the wire: ${what}`),
      onClose: () => {},
    });
    void process.exited.then(async ({ code, signal }) => {
      timer.cancel();
      channel.close();
      await stderrRead;
      end(`it ended with ${signal ?? `exit code ${code}`}: ${stderr}`);
    });
  });
  const result = await outcome;
  process.kill();
  await process.exited;
  return result;
}

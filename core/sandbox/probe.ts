import type { Response } from '../../schemas/wire.ts';
import { Channel } from '../channel/channel.ts';
import { CHANNEL_LIMITS } from '../channel/limits.ts';
import type { Message } from '../channel/message.ts';
import type { Clock } from '../powers.ts';
import { type ConfinedProcess, type Sandbox, SPOKE_ENVIRONMENT } from './sandbox.ts';

/** What the canary is to try its strength on. */
export interface CanaryTargets {
  readonly secret: string;
  readonly unixSocket: string;
  readonly abstractSocket: string;
  readonly tcpPort: number;
  readonly daemon: number;
}

export interface CanaryInput {
  readonly clock: Clock;
  /** The directory of the canary. */
  readonly directory: string;
  readonly targets: CanaryTargets;
}

/** What the canary got through with, or why it could not be run. */
export type CanaryReport = { readonly open: readonly string[] } | { readonly failure: string };

const PATIENCE_MS = 10_000;
/** How many things spokes/canary tries. */
const ATTEMPTS = 13;
const MAX_STDERR = 4000;

/** Runs the canary once in a sandbox, exactly as a spoke is run. Bounded in time; leaves no process. */
export async function runCanary(
  sandbox: Sandbox,
  { clock, directory, targets }: CanaryInput,
): Promise<CanaryReport> {
  const started = startOrReason(sandbox, directory);
  if ('failure' in started) return started;
  const { process } = started;
  let stderr = '';
  process.stdout.resume();
  process.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR) stderr += chunk.toString('utf8');
  });
  const report = new Promise<CanaryReport>((resolve) => {
    const timer = clock.after(PATIENCE_MS, () => resolve({ failure: 'it did not answer in time' }));
    const answer = (message: Message): Response => {
      if (message.cmd === 'canary_report') {
        const { open, tried } = message.body;
        // One that tried less than it should has nothing to say of what holds.
        if (tried !== ATTEMPTS) resolve({ failure: `it made ${tried} of ${ATTEMPTS} attempts` });
        else resolve(isTextList(open) ? { open } : { failure: 'its report could not be read' });
      }
      return replyTo(message, process.moduleUrl, targets);
    };
    const channel = new Channel({
      stream: process.channel,
      limits: CHANNEL_LIMITS,
      clock,
      isHeavy: () => false,
      serve: (message, reply) => reply(answer(message)),
      onBreach: (what) => resolve({ failure: what }),
      onClose: () => {},
    });
    void process.exited.then(({ code, signal }) => {
      timer.cancel();
      channel.close();
      resolve({ failure: stderr.trim().split('\n')[0] || `it ended with ${signal ?? `exit code ${code}`}` });
    });
  });
  const result = await report;
  process.kill();
  await process.exited;
  return result;
}

function startOrReason(
  sandbox: Sandbox,
  directory: string,
): { readonly process: ConfinedProcess } | { readonly failure: string } {
  try {
    return { process: sandbox.start({ directory, module: 'main.mjs' }) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function replyTo({ id, cmd }: Message, module: string, targets: CanaryTargets): Response {
  if (cmd === 'hello') {
    return { id, ok: true, start: { spoke: 'canary', version: '1', module, function: 'register' } };
  }
  // The loader adds variables of its own to nothing, so that what is there beside these came from outside.
  const environment = [...Object.keys(SPOKE_ENVIRONMENT), 'PWD'];
  return { id, ok: true, targets: { ...targets, environment } };
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

import type { Parameters } from '../../schemas/executor.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import type { ActionWords } from './action-words.ts';
import { askExecutor } from './ask-executor.ts';
import { runBySudo, type SudoPowers } from './sudo.ts';
import { sudoMay } from './sudo-may.ts';

export interface LadderSettings {
  readonly socket: string;
  /** What is tried where there is no executor. */
  readonly fallback: 'none' | 'sudo';
  readonly sudo: string;
  /** Whether this daemon was started so that dangerous actions may go by sudo. The executor asks for itself. */
  readonly dangerous: boolean;
}

export interface Errand extends ActionWords {
  readonly action: string;
  readonly params: Parameters;
  /** The daemon's id of the request, and for whom it is. */
  readonly request: string;
  readonly principal: string;
}

/** What became of it: done in one of two ways, or left to a person. */
export type Outcome =
  | {
      readonly success: boolean;
      readonly via: 'executor' | 'sudo';
      readonly end: string;
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
      /** Its record in the executor's chain. */
      readonly record: { readonly seq: number; readonly hash: string } | null;
    }
  | { readonly success: false; readonly needs_auth: true; readonly suggestion: string };

/**
 * Has an action done: by the executor; where there is none, by sudo if the user said so and sudo may; else a person is told what to
 * run. Each rung is for the absence of the one before. A refusal is an answer, and whatever leaves open what was done
 * ends here as well: both throw AxiumError.
 */
export async function climbLadder(
  powers: SudoPowers & Pick<Powers, 'connect'>,
  { socket, fallback, sudo, dangerous }: LadderSettings,
  { spec, argv, ...asked }: Errand,
): Promise<Outcome> {
  const done = await askExecutor(powers, socket, { ...asked, expect: [...argv] }, spec.timeout);
  if (done !== 'absent') {
    const { end, code, signal, stdout, stderr, record } = done;
    return { success: succeeded(done), via: 'executor', end, code, signal, stdout, stderr, record };
  }
  if (fallback === 'sudo' && sudoMay(spec)) {
    if (spec.dangerous && !dangerous)
      throw new AxiumError(
        'denied',
        'this action is dangerous: by sudo it needs a daemon that was started with AXIUM_DANGEROUS_OPS=true',
      );
    const limits = { timeoutMs: spec.timeout, maxOutput: spec.output };
    const ran = await runBySudo(powers, sudo, argv, limits);
    if (ran !== null) return { success: succeeded(ran), via: 'sudo', ...ran, record: null };
  }
  return { success: false, needs_auth: true, suggestion: `Run manually: sudo ${argv.map(quoted).join(' ')}` };
}

function succeeded({ end, code }: { readonly end: string; readonly code: number | null }): boolean {
  return (end === 'exited' || end === 'sent') && code === 0;
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

import { execFile } from 'node:child_process';
import type { Answer } from '../schemas/answer.ts';
import type { CrossCheck, Verdict } from '../schemas/audit.ts';
import type { SpokePermissions } from '../schemas/control-shown.ts';
import type { DoctorReport } from '../schemas/doctor.ts';
import type { ExecutorPlan } from '../schemas/executor-plan.ts';
import type { Plan } from '../schemas/plan.ts';
import type { Replay, Unused } from '../schemas/replay.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { Refusal } from './refusal.ts';

/** What `core/check` answers to each question, where it could answer. */
export interface CheckReplies {
  readonly lint: {
    readonly ok: boolean;
    readonly problems: readonly string[];
    readonly warnings: readonly string[];
  };
  readonly try: Replay;
  readonly unused: { readonly ok: true } & Unused;
  readonly answers: { readonly ok: true; readonly answers: readonly (Answer | null)[] };
  readonly config: { readonly ok: true };
  readonly perms: { readonly ok: true; readonly spokes: readonly SpokePermissions[] };
  readonly plan: Plan;
  readonly can: { readonly ok: true; readonly answer: Answer };
  readonly doctor: { readonly ok: true } & DoctorReport;
  readonly audit: { readonly ok: true; readonly verdict: Verdict };
  readonly executor: { readonly ok: true; readonly verdict: Verdict; readonly cross: CrossCheck | null };
  readonly 'executor-plan': { readonly ok: true } & ExecutorPlan;
  readonly sudoers: { readonly ok: true; readonly text: string };
}

interface CheckFailure {
  readonly ok: false;
  readonly code: string;
  readonly error: string;
}

/**
 * Asks the code of the daemon, without a daemon, what the files say. It runs as a process of its own: the operator's
 * side never loads the trusted one. `input` is what it is asked further.
 */
export async function runCheck<Q extends keyof CheckReplies>(
  context: Context,
  question: Q,
  argument?: string,
  input?: object,
): Promise<CheckReplies[Q]> {
  return askEntry(context, 'check', [question, ...(argument === undefined ? [] : [argument])], input);
}

/** Has one of the one-shot entries of the core answer. Throws Refusal where it says no. */
export async function askEntry<T extends object>(
  context: Pick<Context, 'root'>,
  name: 'check' | 'author',
  words: readonly string[],
  input?: object,
): Promise<T> {
  const entry = `${context.root}/dist/core/${name}.js`;
  const reply = parseReply<T>(await outputOf([entry, ...words], input));
  if (reply === null) throw new CliError(EXIT.internal, `${entry} ${words[0]}: it gave no answer`);
  if (!('code' in reply)) return reply;
  throw new Refusal(reply.code, reply.error);
}

function outputOf(args: readonly string[], input?: object): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: 600_000, maxBuffer: 67_108_864, encoding: 'utf8' } as const;
    // The answer counts, not the exit code: problems are an answer.
    const { stdin } = execFile(process.execPath, args, options, (_error, stdout) => resolve(stdout));
    // One that ended before it had read everything has given its answer, or none.
    stdin?.on('error', () => {});
    stdin?.end(input === undefined ? '' : JSON.stringify(input));
  });
}

function parseReply<T>(text: string): T | CheckFailure | null {
  try {
    const reply: unknown = JSON.parse(text.trim().split('\n').at(-1) ?? '');
    return typeof reply === 'object' && reply !== null && 'ok' in reply ? (reply as T | CheckFailure) : null;
  } catch {
    return null;
  }
}

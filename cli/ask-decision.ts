import type { Action } from '../schemas/actions.ts';
import type { Answer } from '../schemas/answer.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { runCheck } from './run-check.ts';

export interface Question {
  readonly spoke: string;
  readonly action: Action;
  readonly resource?: string;
}

/** What would be decided: by the running daemon, whose rights are those that count, or else by what the files say. */
export async function askDecision(
  context: Context,
  question: Question,
): Promise<{ readonly answer: Answer; readonly running: boolean }> {
  try {
    return { answer: await request(context, 'perms_can', question), running: true };
  } catch (error) {
    if (!(error instanceof DaemonNotRunning)) throw error;
    const { answer } = await runCheck(context, 'can', undefined, { resource: null, ...question });
    return { answer, running: false };
  }
}

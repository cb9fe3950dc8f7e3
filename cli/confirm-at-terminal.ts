import { createInterface } from 'node:readline/promises';
import type { PendingApproval } from '../schemas/approvals.ts';
import { approvalText } from './approval-text.ts';
import { request } from './client.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { grantText } from './grant-text.ts';
import { ignoreItsEnd } from './output.ts';

/**
 * Shows a question that this command has raised, and says what the person at the terminal answers. Without a terminal, and
 * where the answer is not this person's to give, it says who else can, and settles: somebody else has to answer then.
 */
export async function confirmAtTerminal(context: Context, id: string, signal: AbortSignal): Promise<void> {
  const { approvals } = await request(context, 'approvals');
  const approval = approvals.find((one) => one.id === id);
  // Answered already.
  if (!approval) return;
  context.remark(approvalText(approval, Date.now()));
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    context.remark(`axium: it waits for 'axium approve ${id}'\n`);
    return;
  }
  const answer = await answerAt(approval.alwaysPattern === null ? 'y/N' : 'y/N/always', signal);
  if (signal.aborted) return;
  try {
    await give(context, approval, answer);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    context.remark(`axium: ${error.message}\naxium: it waits for somebody else's 'axium approve ${id}'\n`);
  }
}

/** A yes for good takes the whole word, and is no answer where none was offered. */
async function give(context: Context, { id, alwaysPattern }: PendingApproval, answer: string): Promise<void> {
  const always = alwaysPattern !== null && /^always$/i.test(answer);
  if (!always && !/^y(?:es)?$/i.test(answer)) {
    await request(context, 'reject', { approval: id, reason: '' });
    return;
  }
  const { grant } = await request(context, 'approve', { approval: id, always });
  // Beside the output of the command, which is not to be mixed with it.
  if (always) context.remark(grantText(grant));
}

/** An interrupt, and the end of the input, are no answer. */
async function answerAt(answers: string, signal: AbortSignal): Promise<string> {
  ignoreItsEnd(process.stderr);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    return (await Promise.race([terminal.question(`Run it? [${answers}] `, { signal }), closed])).trim();
  } catch {
    return '';
  } finally {
    terminal.close();
  }
}

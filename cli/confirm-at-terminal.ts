import { createInterface } from 'node:readline/promises';
import { approvalText } from './approval-text.ts';
import { request } from './client.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
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
  const yes = await isConfirmed(signal);
  if (signal.aborted) return;
  try {
    if (yes) await request(context, 'approve', { approval: id, always: false });
    else await request(context, 'reject', { approval: id, reason: '' });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    context.remark(`axium: ${error.message}\naxium: it waits for somebody else's 'axium approve ${id}'\n`);
  }
}

/** An interrupt, and the end of the input, are a no. */
async function isConfirmed(signal: AbortSignal): Promise<boolean> {
  ignoreItsEnd(process.stderr);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const answer = await Promise.race([terminal.question('Run it? [y/N] ', { signal }), closed]);
    return /^y(?:es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

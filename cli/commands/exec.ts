import { constants } from 'node:os';
import type { ControlReplies } from '../../schemas/control-replies.ts';
import { ask, connectTo } from '../client.ts';
import type { Run } from '../commands.ts';
import { confirmAtTerminal } from '../confirm-at-terminal.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { wholeLines } from '../plain-text.ts';

type Result = ControlReplies['exec'];

/** Ends with the code of the command. */
export const run: Run = async (context, { args, options }) => {
  const fields = { command: args, cwd: process.cwd(), background: options.background ?? false };
  const socket = await connectTo(context.places.socket);
  try {
    const first = await ask(socket, 'exec', fields);
    const result = first.approval === undefined ? first : await afterApproval(context, first.approval);
    await report(context, result);
  } finally {
    socket.destroy();
  }
};

/** Has the person at this terminal say yes or no, unless somebody else is faster. */
async function afterApproval(context: Context, approval: string): Promise<Result> {
  const socket = await connectTo(context.places.socket);
  const asked = new AbortController();
  try {
    const result = ask(socket, 'exec_result', { approval });
    const confirmed = confirmAtTerminal(context, approval, asked.signal);
    return await Promise.race([result, confirmed.then(() => result)]);
  } finally {
    asked.abort();
    socket.destroy();
  }
}

async function report(context: Context, result: Result): Promise<void> {
  if (result.code === undefined) return context.print(`${result.job}\n`);
  await context.print(wholeLines(result.stdout ?? ''));
  context.remark(wholeLines(result.stderr ?? ''));
  if (result.truncated) context.remark('axium: the command wrote more than it may, and was ended\n');
  if (result.timed_out)
    throw new CliError(EXIT.busy, 'the command took longer than exec.timeout, and was ended');
  const bySignal = constants.signals[result.signal as NodeJS.Signals] ?? 0;
  const code = result.code ?? 128 + bySignal;
  if (code !== 0) throw new CliError(code, '');
}

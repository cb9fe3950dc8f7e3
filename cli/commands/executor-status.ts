import { connect } from 'node:net';
import { actionsReplySchema, EXECUTOR } from '../../schemas/executor.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { within } from '../patience.ts';

const PATIENCE_MS = 10_000;

/** What the root executor offers whoever runs this. */
export const run: Run = async (context, { options }) => {
  const path = options.socket ?? EXECUTOR.socket;
  const line = await within(PATIENCE_MS, ask(path), () => {
    return new CliError(EXIT.unavailable, `${path}: the executor does not answer`);
  });
  const read = actionsReplySchema.safeParse(parse(line));
  if (!read.success)
    throw new CliError(
      EXIT.unavailable,
      `${path}: expected an executor of this version; install the same axium on both sides`,
    );
  const reply = read.data;
  if (!reply.ok)
    throw new CliError(
      reply.code === 'denied' ? EXIT.denied : EXIT.unavailable,
      `the executor: ${reply.error}`,
    );
  const { tier, actions, head } = reply;
  if (options.json) return context.print(jsonText({ socket: path, tier, actions, head }));
  await context.print(
    [
      `axium-executor answers on ${path}; you are ${tier}\n`,
      `${head.seq} records, up to ${head.hash}\n`,
      ...actions.map(
        ({ name, description, tier: needed, dangerous }) =>
          `  ${visibleText(name)} (${needed}${dangerous ? ', dangerous' : ''}): ${visibleText(description)}\n`,
      ),
    ].join(''),
  );
};

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(0, 1_048_576);
    });
    socket.on('end', () => {
      socket.end();
      resolve(text);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT' || code === 'ECONNREFUSED')
        reject(
          new CliError(
            EXIT.notRunning,
            `${path}: no executor is running; 'axium executor install' makes it one`,
          ),
        );
      else if (code === 'EACCES')
        reject(
          new CliError(
            EXIT.denied,
            `${path}: you may not ask the executor; its group is for root to add you to`,
          ),
        );
      else reject(new CliError(EXIT.unavailable, `${path}: the executor cannot be reached (${code})`));
    });
    socket.write(`${JSON.stringify({ v: EXECUTOR.version, cmd: 'actions' })}\n`);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

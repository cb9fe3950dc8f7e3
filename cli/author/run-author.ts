import type { AuthorReplies } from '../../schemas/author.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { askEntry } from '../run-check.ts';

/**
 * Has the core look at a spoke that is not installed, and do what is named with it; it runs nothing of the spoke. Throws
 * Refusal for one that the daemon would refuse, and CliError 1 with every place where its code would not run.
 */
export async function runAuthor<T extends Exclude<keyof AuthorReplies, 'exchange'>>(
  context: Pick<Context, 'root'>,
  task: T,
  from: string,
  to = '',
): Promise<AuthorReplies[T]> {
  const reply = await askEntry<AuthorReplies[T]>(context, 'author', [task, from, to]);
  const { spoke, problems } = reply as AuthorReplies['look'];
  if (problems.length > 0) {
    const message = `spoke '${spoke.name}' has code that does not run; mend it first:`;
    throw new CliError(EXIT.no, message, problems);
  }
  return reply;
}

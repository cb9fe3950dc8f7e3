import { userInfo } from 'node:os';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { runCheck } from '../run-check.ts';

/** Prints rules by which sudo would let a user do what the table offers, each line one command in full. */
export const run: Run = async (context, { options }) => {
  const user = options.user ?? userInfo().username;
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user))
    throw new CliError(
      EXIT.usage,
      '--user: expected the name of a user, of lower-case letters, digits, _ and -',
    );
  const { text } = await runCheck(context, 'sudoers', user);
  await context.print(
    `# For 'executor.fallback: sudo'. Check it with visudo -c -f, then put it into /etc/sudoers.d.\n${text}`,
  );
};

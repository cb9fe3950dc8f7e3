import { visibleText } from '../schemas/visible-text.ts';
import { bundledNames } from './bundled-names.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { spokeNotFound } from './missing-spoke.ts';
import { aligned, harmlessText } from './plain-text.ts';
import { Refusal } from './refusal.ts';

/** What was typed: the spoke, its command, and the words for that. */
export interface SpokeCall {
  readonly spoke: string;
  readonly command: string | undefined;
  readonly args: readonly string[];
}

/**
 * Does `axium <spoke> <command> [args]`: prints what the spoke says, and ends with its exit code. `misspelled` says that
 * the first word is no command of axium; it throws.
 */
export async function runSpokeCommand(
  context: Context,
  { spoke, command, args }: SpokeCall,
  misspelled: () => Promise<unknown>,
): Promise<void> {
  try {
    if (command === undefined || HELP.has(command)) return await listCommands(context, spoke, command);
    const { code, stdout, stderr } = await request(context, 'spoke_run', { spoke, command, args: [...args] });
    await context.print(harmlessText(stdout));
    context.remark(harmlessText(stderr));
    if (code !== EXIT.done) throw new CliError(code, '');
  } catch (error) {
    if (error instanceof Refusal && error.code === 'unknown_command')
      throw await unknownCommand(context, spoke, error);
    const isNone = error instanceof Refusal && error.code === 'not_found';
    if (isNone && (await bundledNames(context.root)).includes(spoke))
      throw await spokeNotFound(context, spoke);
    if (isNone) await misspelled();
    if (error instanceof DaemonNotRunning) await misspelled();
    throw error;
  }
}

const HELP: ReadonlySet<string> = new Set(['help', '--help', '-h']);

async function listCommands(context: Context, spoke: string, asked: string | undefined): Promise<void> {
  const { commands } = await request(context, 'spoke_commands', { spoke });
  if (commands.length === 0) throw new CliError(EXIT.usage, `spoke '${spoke}' has no commands`);
  const names = commands.map(({ name }) => name).join(', ');
  if (asked === undefined)
    throw new CliError(EXIT.usage, `expected one of: ${names}; see 'axium ${spoke} --help'`);
  const rows = commands.map(({ name, about }) => [`  ${name}`, about]);
  await context.print(`Commands of spoke ${visibleText(spoke)}:\n${aligned(rows)}`);
}

async function unknownCommand(context: Context, spoke: string, refusal: Refusal): Promise<CliError> {
  const { commands } = await request(context, 'spoke_commands', { spoke });
  const names = commands.map(({ name }) => name).join(', ');
  return new CliError(EXIT.usage, `${refusal.message}${names === '' ? '' : `; it has: ${names}`}`);
}

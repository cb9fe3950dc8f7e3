import { Command, type CommanderError, Option } from 'commander';
import type { CommandRow, Options, Perform } from './commands.ts';
import { UsageProblem } from './usage-problem.ts';

/** Makes the parser of the command line from the table. Its failures are thrown as UsageProblem, printed by nobody. */
export function buildProgram(rows: readonly CommandRow[], perform: Perform): Command {
  const program = new Command('axium');
  program
    .description('Runs spokes confined, and lets each do only what you allowed.')
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .option('-V, --version', 'print the version');
  quietUsage(program, 'axium');
  for (const row of rows) addCommand(program, row, perform);
  return program;
}

function addCommand(program: Command, row: CommandRow, perform: Perform): void {
  const words = row.usage.split(' ');
  const names = words.filter((word) => /^[a-z]/.test(word));
  const parent = names.length === 2 ? groupOf(program, names[0] ?? '') : program;
  const command = parent.command(names.at(-1) ?? '').description(row.summary);
  for (const word of words.slice(names.length)) command.argument(word);
  for (const { flags, about, choices, parse } of row.options ?? []) {
    const option = new Option(flags, about);
    if (choices) option.choices(choices);
    if (parse) option.argParser(parse);
    command.addOption(option);
  }
  quietUsage(command, `axium ${names.join(' ')}`);
  command.action(async () => {
    refuseMissing(row, command);
    await perform(row, { args: command.args, options: command.opts<Options>() });
  });
}

/** Commander would look for these before it looks at what was misspelled. */
function refuseMissing({ options = [] }: CommandRow, command: Command): void {
  const required = new Set(options.filter(({ required }) => required).map(({ flags }) => flags));
  const missing = command.options.find(
    (option) => required.has(option.flags) && command.getOptionValue(option.attributeName()) === undefined,
  );
  if (missing) command.error(`error: required option '${missing.flags}' not specified`);
}

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  if (known) return known;
  const group = program.command(name).description(GROUPS[name] ?? '');
  quietUsage(group, `axium ${name}`);
  return group;
}

const GROUPS: Readonly<Record<string, string>> = {
  daemon: 'start, stop and look at the daemon',
  perms: 'what each spoke may do',
  notify: 'the queue of notifications',
  spoke: 'the spokes themselves',
  env: 'the environments of your configurations',
  jobs: 'commands that run for spokes',
  audit: 'the record of decisions',
  executor: 'the executor of privileged actions',
  grants: 'what persons have said yes to',
};

/** Commander would print its own sentences and end the process; both are for main to do. */
function quietUsage(command: Command, path: string): void {
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) throw error;
    const missing = error.code === 'commander.help';
    throw new UsageProblem(path, missing ? `expected one of: ${verbsOf(command)}` : sentenceOf(error));
  });
}

function verbsOf(command: Command): string {
  return command.commands.map((verb) => verb.name()).join(', ');
}

/** "error: unknown command 'pign'\n(Did you mean ping?)" as one sentence. */
function sentenceOf({ message }: CommanderError): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replace(/\.$/, '')
    .replace(/\. ([A-Z])/g, (_text, letter: string) => `; ${letter.toLowerCase()}`);
}

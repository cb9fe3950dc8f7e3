import type { Context } from './context.ts';
import { PEOPLE_COMMANDS } from './people-commands.ts';

/** The options of all commands; each reads those that its row in the table names. */
export interface Options {
  readonly json?: boolean;
  readonly peek?: boolean;
  readonly dryRun?: boolean;
  readonly foreground?: boolean;
  readonly follow?: boolean;
  readonly lines?: number;
  readonly title?: string;
  readonly body?: string;
  readonly spoke?: string;
  readonly action?: string;
  readonly effect?: string;
  readonly path?: string;
  readonly since?: string;
  readonly until?: string;
  readonly head?: string;
  readonly executor?: string | true;
  readonly user?: string;
  readonly root?: string;
  readonly socket?: string;
  readonly init?: string;
  readonly yes?: boolean;
  readonly output?: string;
  readonly all?: boolean;
  readonly require?: string;
  readonly olderThan?: string;
  readonly for?: string;
  readonly once?: boolean;
  readonly always?: boolean;
  readonly reason?: string;
  readonly background?: boolean;
  readonly pattern?: boolean;
  readonly from?: string;
  readonly id?: string;
  readonly template?: 'js' | 'ts' | 'python';
  readonly level?: 'info' | 'success' | 'warning' | 'error';
}

export interface Call {
  readonly args: readonly string[];
  readonly options: Options;
}

/** Does what the command is for. Resolves where the exit code is 0; throws CliError with any other. */
export type Run = (context: Context, call: Call) => Promise<void>;

export interface OptionRow {
  readonly flags: string;
  readonly about: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  readonly parse?: (text: string) => unknown;
}

export interface CommandRow {
  /** The words, then the arguments: `perms show <spoke>`. */
  readonly usage: string;
  readonly summary: string;
  readonly options?: readonly OptionRow[];
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** Loads the code of a command and runs it. */
export type Perform = (row: CommandRow, call: Call) => Promise<void>;

const json: OptionRow = { flags: '--json', about: 'print JSON' };
const yes: OptionRow = { flags: '-y, --yes', about: 'do not ask' };
const lines: OptionRow = {
  flags: '-n, --lines <count>',
  about: 'how many of the last lines (default: 20)',
  parse: lineCount,
};
const follow: OptionRow = { flags: '-f, --follow', about: 'go on as the log grows' };
const filters: readonly OptionRow[] = [
  { flags: '--spoke <name>', about: 'of this spoke alone' },
  { flags: '--action <action>', about: 'of this action alone, like fs_read' },
  { flags: '--effect <effect>', about: 'with this decision alone', choices: ['allow', 'ask', 'deny'] },
  { flags: '--path <path>', about: 'about this path, or what is below it' },
  { flags: '--since <when>', about: "not before: a length of time like 2h, or '2026-01-31 14:00'" },
  { flags: '--until <when>', about: 'not after' },
  json,
];
const openly: OptionRow = { flags: '--yes', about: 'also where it opens what is sensitive' };
const asPattern: OptionRow = { flags: '--pattern', about: 'a pattern, even where a file has this very name' };
const ruleOptions: readonly OptionRow[] = [
  { flags: '--for <time>', about: 'only for so long, like 1h or 7d' },
  { flags: '--until <when>', about: "only until then, like '2030-01-31 18:00'" },
  { flags: '--reason <text>', about: 'why, for whoever reads the file next' },
  asPattern,
  openly,
];
const status = {
  summary: 'what the daemon does, and which spokes run',
  options: [json],
  load: () => import('./commands/status.ts'),
};

/** Every command there is. The code of one is loaded when it is run, so that none pays for another. */
export const COMMANDS: readonly CommandRow[] = [
  {
    usage: 'version',
    summary: 'print the version',
    options: [json],
    load: () => import('./commands/version.ts'),
  },
  {
    usage: 'ping',
    summary: 'ask the daemon whether it answers',
    options: [json],
    load: () => import('./commands/ping.ts'),
  },
  {
    usage: 'whoami',
    summary: 'print who the daemon takes you for, and why',
    options: [json],
    load: () => import('./commands/whoami.ts'),
  },
  { usage: 'status', ...status },
  {
    usage: 'daemon start',
    summary: 'start the daemon',
    options: [{ flags: '--foreground', about: 'stay in this terminal until it ends' }],
    load: () => import('./commands/daemon-start.ts'),
  },
  { usage: 'daemon stop', summary: 'end the daemon', load: () => import('./commands/daemon-stop.ts') },
  {
    usage: 'daemon restart',
    summary: 'end the daemon and start it again, strict if AXIUM_PERMS_STRICT says so here',
    load: () => import('./commands/daemon-restart.ts'),
  },
  {
    usage: 'daemon install',
    summary: 'make the daemon a service of yours, started by systemd when you log in',
    options: [{ flags: '--dry-run', about: 'print what would be written and run, and do nothing' }],
    load: () => import('./commands/daemon-install.ts'),
  },
  {
    usage: 'daemon uninstall',
    summary: 'stop the service and take it away',
    load: () => import('./commands/daemon-uninstall.ts'),
  },
  { usage: 'daemon status', ...status },
  {
    usage: 'daemon logs',
    summary: 'print the log of the daemon',
    options: [
      { flags: '-n, --lines <count>', about: 'how many of the last lines (default: 100)', parse: lineCount },
      { flags: '-f, --follow', about: 'go on as the log grows' },
      { flags: '--json', about: 'print the lines as they are in the file' },
    ],
    load: () => import('./commands/daemon-logs.ts'),
  },
  {
    usage: 'why [spoke]',
    summary: 'explain the last denial, and what could be done about it',
    options: [{ flags: '--id <request>', about: 'the request of this id, as the audit log has it' }, json],
    load: () => import('./commands/why.ts'),
  },
  {
    usage: 'perms list',
    summary: 'print the rights of all spokes in short',
    options: [json],
    load: () => import('./commands/perms-list.ts'),
  },
  {
    usage: 'perms show <spoke>',
    summary: 'print the rights of one spoke, and who said each',
    options: [json],
    load: () => import('./commands/perms-show.ts'),
  },
  {
    usage: 'perms can <spoke> <action> [resource]',
    summary: 'tell whether a spoke may do something now, and which rule says so',
    options: [json],
    load: () => import('./commands/perms-can.ts'),
  },
  {
    usage: 'perms allow <spoke> <action> [pattern]',
    summary: 'allow a spoke something, in permissions.yaml',
    options: ruleOptions,
    load: () => import('./commands/perms-allow.ts'),
  },
  {
    usage: 'perms deny <spoke> <action> [pattern]',
    summary: 'deny it, whatever else allows it',
    options: ruleOptions,
    load: () => import('./commands/perms-deny.ts'),
  },
  {
    usage: 'perms ask <spoke> <action> [pattern]',
    summary: 'have a person asked each time',
    options: ruleOptions,
    load: () => import('./commands/perms-ask.ts'),
  },
  {
    usage: 'perms reset <spoke> [action] [pattern]',
    summary: 'take back what permissions.yaml says, so that spoke.yaml counts',
    options: [asPattern, openly],
    load: () => import('./commands/perms-reset.ts'),
  },
  {
    usage: 'perms check',
    summary: 'look for what is wrong in permissions.yaml, does nothing there, or does more than it seems',
    options: [json],
    load: () => import('./commands/perms-check.ts'),
  },
  {
    usage: 'perms review [spoke]',
    summary: 'go through what was denied, and decide what shall be; JSON without a terminal',
    options: [recently('7d'), json],
    load: () => import('./commands/perms-review.ts'),
  },
  {
    usage: 'perms unused [spoke]',
    summary: 'print rights that nothing on record has used',
    options: [recently('30d'), json],
    load: () => import('./commands/perms-unused.ts'),
  },
  {
    usage: 'perms try <file>',
    summary: 'tell what would have been decided otherwise by another permissions.yaml',
    options: [recently('7d'), json],
    load: () => import('./commands/perms-try.ts'),
  },
  {
    usage: 'perms undo',
    summary: 'take back the last change that a command made to permissions.yaml',
    options: [openly],
    load: () => import('./commands/perms-undo.ts'),
  },
  {
    usage: 'perms edit [spoke]',
    summary: 'edit permissions.yaml; nothing is saved that is not valid',
    options: [{ flags: '--from <file>', about: 'take it from a file, or from standard input for -' }],
    load: () => import('./commands/perms-edit.ts'),
  },
  {
    usage: 'notify drain',
    summary: 'print what is queued, and clear it',
    options: [
      { flags: '--peek', about: 'leave it in the queue' },
      { flags: '-f, --follow', about: 'go on with what comes, until it is interrupted' },
      json,
    ],
    load: () => import('./commands/notify-drain.ts'),
  },
  {
    usage: 'notify send',
    summary: 'queue a notification',
    options: [
      { flags: '--title <text>', about: 'the first line', required: true },
      { flags: '--body <text>', about: 'what follows it' },
      {
        flags: '--level <level>',
        about: 'how much it matters (default: info)',
        choices: ['info', 'success', 'warning', 'error'],
      },
    ],
    load: () => import('./commands/notify-send.ts'),
  },
  {
    usage: 'spoke list',
    summary: 'print the spokes, and the directories that are refused',
    options: [json],
    load: () => import('./commands/spoke-list.ts'),
  },
  {
    usage: 'spoke reload [spoke]',
    summary: 'read spokes again from disk and start them anew',
    options: [json],
    load: () => import('./commands/spoke-reload.ts'),
  },
  {
    usage: 'spoke review <spoke>',
    summary: 'print what a spoke asks for beside what you consented to, and accept it',
    options: [yes, json],
    load: () => import('./commands/spoke-review.ts'),
  },
  {
    usage: 'spoke logs <spoke>',
    summary: 'print what a spoke wrote',
    options: [json],
    load: () => import('./commands/spoke-logs.ts'),
  },
  {
    usage: 'spoke enable <spoke>',
    summary: 'run a bundled spoke',
    load: () => import('./commands/spoke-enable.ts'),
  },
  {
    usage: 'spoke disable <spoke>',
    summary: 'no longer run a bundled spoke',
    load: () => import('./commands/spoke-disable.ts'),
  },
  {
    usage: 'spoke new <name>',
    summary: 'write a spoke that runs, to begin with',
    options: [
      {
        flags: '--template <template>',
        about: 'in which language (default: js)',
        choices: ['js', 'ts', 'python'],
      },
    ],
    load: () => import('./commands/spoke-new.ts'),
  },
  {
    usage: 'spoke dev [directory]',
    summary: 'run a spoke while you write it, and show every request it makes',
    options: [
      {
        flags: '--require <level>',
        about: 'how it has to be confined (default: kernel)',
        choices: ['strong', 'kernel', 'seatbelt', 'none'],
      },
    ],
    load: () => import('./commands/spoke-dev.ts'),
  },
  {
    usage: 'spoke validate [directory]',
    summary: 'check a spoke without running it, and print what it asks for',
    options: [json],
    load: () => import('./commands/spoke-validate.ts'),
  },
  {
    usage: 'spoke types [directory]',
    summary: 'write spoke.d.ts, with which calling what spoke.yaml does not declare fails to compile',
    load: () => import('./commands/spoke-types.ts'),
  },
  {
    usage: 'spoke pack [directory]',
    summary: 'make an archive of a spoke, the same one from the same files',
    options: [{ flags: '-o, --output <directory>', about: 'where to (default: here)' }, json],
    load: () => import('./commands/spoke-pack.ts'),
  },
  {
    usage: 'spoke add <source>',
    summary: 'install a spoke from a directory or an archive, once you agree with what it asks for',
    options: [yes],
    load: () => import('./commands/spoke-add.ts'),
  },
  {
    usage: 'spoke remove <spoke>',
    summary: 'take away the files of a spoke of your own',
    options: [yes],
    load: () => import('./commands/spoke-remove.ts'),
  },
  {
    usage: 'doctor',
    summary: 'try how well spokes can be confined on this host',
    options: [json],
    load: () => import('./commands/doctor.ts'),
  },
  {
    usage: 'hud',
    summary: 'print the HUD segments in one line',
    options: [
      {
        flags: '--init <prompt>',
        about: 'print what to add to the configuration of a shell instead',
        choices: ['bash', 'zsh', 'fish', 'tmux', 'starship'],
      },
      json,
    ],
    load: () => import('./commands/hud.ts'),
  },
  {
    usage: 'env list',
    summary: 'print the environments, with a star before the active one',
    options: [json],
    load: () => import('./commands/env-list.ts'),
  },
  {
    usage: 'env get [key]',
    summary: 'print which environment is active, or one of its values',
    options: [json],
    load: () => import('./commands/env-get.ts'),
  },
  {
    usage: 'env set <name>',
    summary: 'make an environment active',
    load: () => import('./commands/env-set.ts'),
  },
  {
    usage: 'env unset',
    summary: 'go back to the environment that config.yaml names, or to none',
    load: () => import('./commands/env-unset.ts'),
  },
  {
    usage: 'jobs list',
    summary: 'print the jobs',
    options: [json],
    load: () => import('./commands/jobs-list.ts'),
  },
  {
    usage: 'jobs logs <job>',
    summary: 'print what a job wrote',
    options: [json],
    load: () => import('./commands/jobs-logs.ts'),
  },
  {
    usage: 'jobs kill [job]',
    summary: 'end a job',
    options: [{ flags: '--all', about: 'end all of them, for which the session has to be elevated' }, json],
    load: () => import('./commands/jobs-kill.ts'),
  },
  {
    usage: 'audit tail',
    summary: 'print the last records of decisions and events',
    options: [lines, follow, ...filters],
    load: () => import('./commands/audit-tail.ts'),
  },
  {
    usage: 'audit query',
    summary: 'print the records that are asked for',
    options: filters,
    load: () => import('./commands/audit-query.ts'),
  },
  {
    usage: 'audit verify',
    summary: 'check that no record was changed or removed',
    options: [
      {
        flags: '--executor [file]',
        about: "check the root executor's log, and both against each other",
      },
      { flags: '--head <head>', about: "what 'axium audit head' had printed, kept elsewhere, in quotes" },
      json,
    ],
    load: () => import('./commands/audit-verify.ts'),
  },
  {
    usage: 'audit head',
    summary: 'print where the record ends, as a number and a hash, to be kept elsewhere',
    options: [json],
    load: () => import('./commands/audit-head.ts'),
  },
  ...PEOPLE_COMMANDS,
  {
    usage: 'metrics',
    summary: 'print the metrics of the spokes that offer them, for Prometheus',
    options: [json],
    load: () => import('./commands/metrics.ts'),
  },
  {
    usage: 'executor install',
    summary: 'make the executor of privileged actions a service of this system',
    options: [
      { flags: '--dry-run', about: 'print what would be written and run, and do nothing' },
      { flags: '--root <directory>', about: 'write below this directory, as for an image, and run nothing' },
    ],
    load: () => import('./commands/executor-install.ts'),
  },
  {
    usage: 'executor uninstall',
    summary: 'stop the executor and take its units away',
    options: [
      { flags: '--dry-run', about: 'print what would be run and removed, and do nothing' },
      { flags: '--root <directory>', about: 'remove below this directory, and run nothing' },
    ],
    load: () => import('./commands/executor-uninstall.ts'),
  },
  {
    usage: 'executor status',
    summary: 'ask the executor what you may have done',
    options: [{ flags: '--socket <path>', about: 'where it listens' }, json],
    load: () => import('./commands/executor-status.ts'),
  },
  {
    usage: 'executor sudoers',
    summary: 'print rules by which sudo does what the table offers, without an executor',
    options: [{ flags: '--user <name>', about: 'whom they are for (default: you)' }],
    load: () => import('./commands/executor-sudoers.ts'),
  },
  {
    usage: 'demo',
    summary: 'run the bundled spokes on a sample home and show every decision',
    load: () => import('./commands/demo.ts'),
  },
];

function recently(time: string): OptionRow {
  return { flags: '--since <when>', about: `not before: like 2h, or '2026-01-31' (default: ${time})` };
}

/** A count that cannot be read becomes NaN, which the command refuses. */
function lineCount(text: string): number {
  return /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
}

import type { CommandRow, OptionRow } from './commands.ts';

const json: OptionRow = { flags: '--json', about: 'print JSON' };
const reason: OptionRow = { flags: '--reason <text>', about: 'why, for the record' };

/** The commands about people: what they run, are asked, have said, and are. */
export const PEOPLE_COMMANDS: readonly CommandRow[] = [
  {
    usage: 'spoke stop <spoke>',
    summary: 'stop a spoke until it is reloaded or changes',
    load: () => import('./commands/spoke-stop.ts'),
  },
  {
    usage: 'spoke confine <spoke>',
    summary: 'require less confinement of a spoke until the daemon ends: dangerous',
    options: [
      {
        flags: '--require <level>',
        about: 'the least level',
        required: true,
        choices: ['strong', 'kernel', 'seatbelt', 'none'],
      },
    ],
    load: () => import('./commands/spoke-confine.ts'),
  },
  {
    usage: 'audit prune',
    summary: 'remove finished pieces of the record: dangerous',
    options: [{ flags: '--older-than <time>', about: 'those older than this, as 30d', required: true }],
    load: () => import('./commands/audit-prune.ts'),
  },
  {
    usage: 'exec <command...>',
    summary: 'run a command, decided and recorded as those of spokes are; put -- before it',
    options: [{ flags: '--background', about: 'print the id of the job, and do not wait for it' }],
    load: () => import('./commands/exec.ts'),
  },
  {
    usage: 'approvals',
    summary: 'print the questions that wait for a person',
    options: [{ flags: '-f, --follow', about: 'go on with those that come, until it is interrupted' }, json],
    load: () => import('./commands/approvals.ts'),
  },
  {
    usage: 'approve <id>',
    summary: 'say yes to a question, for this once',
    options: [
      { flags: '--once', about: 'exactly this and once, which is what it does without any of these' },
      {
        flags: '--for <time>',
        about: 'for so long, as 1h, what the question says, or this alone where that is destructive',
      },
      { flags: '--always', about: 'what the question says that it would cover, until it is taken back' },
    ],
    load: () => import('./commands/approve.ts'),
  },
  {
    usage: 'reject <id>',
    summary: 'say no to a question',
    options: [reason],
    load: () => import('./commands/reject.ts'),
  },
  {
    usage: 'modify <id> <command...>',
    summary: 'say yes to another command than was asked; put -- before it',
    load: () => import('./commands/modify.ts'),
  },
  {
    usage: 'veto <spoke>',
    summary: 'say no to all that a spoke asks, and end its jobs',
    load: () => import('./commands/veto.ts'),
  },
  {
    usage: 'grants list',
    summary: 'print what persons have said yes to and still counts',
    options: [json],
    load: () => import('./commands/grants-list.ts'),
  },
  {
    usage: 'grants revoke <grant>',
    summary: 'take one back',
    load: () => import('./commands/grants-revoke.ts'),
  },
  {
    usage: 'elevate',
    summary: 'have this terminal run commands without being asked, for a time',
    options: [
      { flags: '--for <time>', about: 'for how long (default: 10m)' },
      { flags: '--reason <text>', about: 'why, for the record', required: true },
    ],
    load: () => import('./commands/elevate.ts'),
  },
  { usage: 'drop', summary: 'end that', load: () => import('./commands/drop.ts') },
  {
    usage: 'sessions [kick] [session]',
    summary: 'print the elevated sessions; kick ends one, or all',
    options: [json],
    load: () => import('./commands/sessions.ts'),
  },
];

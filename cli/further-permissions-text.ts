import type { SpokePermissions } from '../schemas/control-shown.ts';
import type { Effective, ListedEntry } from '../schemas/effective.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { localTime } from './local-time.ts';
import { entryText, patternText, saidText } from './permissions-text.ts';

/** What Axium adds to the documented rights of one spoke. `now` tells which entries have expired. */
export function furtherPermissionsText(
  { name, effective, level, warnings }: SpokePermissions,
  now: number,
): string {
  const { exec, facts, exec_profile, privileged, restrictions, ceilings, withheld } = effective;
  const restricted = (effect: 'deny' | 'ask') =>
    restrictions
      .filter((entry) => entry.effect === effect)
      .map((entry) => `${entry.action}: ${entryText(entry)}`);
  return [
    section(
      'Exec Commands',
      exec.commands.map((entry) => `${entryText(entry)}${entry.asks ? ', once a person said yes' : ''}`),
    ),
    section('Privileged Actions', privileged.map(privilegedText)),
    section('Deny', restricted('deny')),
    section('Ask', restricted('ask')),
    section('At Most', ceilings.map(ceilingText)),
    section(
      `Waits for Consent ('axium spoke review ${visibleText(name)}')`,
      withheld.filter(({ waits }) => waits).map(waitingText),
    ),
    section('Does Not Count', withheld.filter(({ waits }) => !waits).map(withheldText)),
    section(
      'Expiry and Reasons',
      remarked(effective).map(([action, entry]) => remarkText(action, entry, now)),
    ),
    `
Further Permissions:
  facts: ${saidText(facts)}
  exec_profile: ${saidText(exec_profile)}
  privileged: ${privileged.length === 0 ? 'none' : `${privileged.length} ${privileged.length === 1 ? 'action' : 'actions'}`}

Sandbox level: ${visibleText(level)}
`,
    section('Warnings', [...warnings.map(visibleText), ...standingWarnings(effective)]),
  ].join('');
}

/** A person is asked each time, but where a user has said otherwise. */
function privilegedText(entry: Effective['privileged'][number]): string {
  return `${entryText(entry)}${entry.effect === 'allow' ? ', nobody is asked' : ''}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${title}:\n${lines.map((line) => `  • ${line}\n`).join('')}`;
}

function ceilingText({ action, patterns, source, origin }: Effective['ceilings'][number]): string {
  const what = patterns.length === 0 ? 'nothing' : patterns.map(patternText).join(', ');
  return `${action}: ${what} (${source}${origin === null ? '' : `, ${visibleText(origin)}`})`;
}

function waitingText({ rule, origin }: Effective['withheld'][number]): string {
  return `${patternText(rule)}${origin === null ? '' : ` (${visibleText(origin)})`}`;
}

function withheldText(one: Effective['withheld'][number]): string {
  return `${waitingText(one)}: ${visibleText(one.because)}`;
}

type Remarked = readonly [action: string, entry: ListedEntry];

function remarked({ exec, fs_read, fs_write, privileged, restrictions }: Effective): readonly Remarked[] {
  const all: readonly Remarked[] = [
    ...fs_read.map((entry) => ['fs_read', entry] as const),
    ...fs_write.map((entry) => ['fs_write', entry] as const),
    ...exec.commands.map((entry) => ['exec', entry] as const),
    ...privileged.map((entry) => ['privileged', entry] as const),
    ...restrictions.map((entry) => [`${entry.effect} ${entry.action}`, entry] as const),
  ];
  return all.filter(([, { expires, reason }]) => expires !== null || reason !== null);
}

function remarkText(action: string, { pattern, expires, reason }: ListedEntry, now: number): string {
  const until =
    expires === null ? '' : ` ${Date.parse(expires) <= now ? 'expired' : 'until'} ${localTime(expires)}`;
  const because = reason === null ? '' : ` (${visibleText(reason)})`;
  return `${action}: ${patternText(pattern)}${visibleText(until)}${because}`;
}

function standingWarnings({ exec, net, exec_profile, open, closed_because }: Effective): readonly string[] {
  const unbound = exec.value !== false && !net.value && exec_profile.value !== 'scoped';
  return [
    ...(open
      ? []
      : [
          `nothing is allowed beyond the HUD, since ${visibleText(closed_because ?? 'no valid permissions.yaml has been read')}`,
        ]),
    ...(unbound
      ? ['net: false does not bind exec: with exec_profile host, a command has the network that you have']
      : []),
  ];
}

import type { SpokePermissions } from '../schemas/control-shown.ts';
import type { Effective, ListedEntry, SaidValue } from '../schemas/effective.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';

/** The rights of all spokes in short, exactly as documented. */
export function permissionsListText(spokes: readonly SpokePermissions[]): string {
  const blocks = spokes.map(({ name, version, effective }) =>
    [
      `${visibleText(name)} (v${visibleText(version)})`,
      ...switchLines(effective),
      `  fs_read: ${counted(effective.fs_read.length, 'path')}`,
      `  fs_write: ${counted(effective.fs_write.length, 'path')}`,
      '',
    ].join('\n'),
  );
  return blocks.length === 0 ? 'No spokes\n' : `Spoke Permissions:\n\n${blocks.join('\n')}`;
}

/** The rights of one spoke, exactly as documented; what Axium adds comes after it, from another file. */
export function permissionsText(
  { name, version, effective, override_source }: SpokePermissions,
  home: string,
): string {
  const lines = [
    `Permissions for '${visibleText(name)}' (v${visibleText(version)}):`,
    '',
    'Boolean Permissions:',
    ...switchLines(effective),
    '',
    'Filesystem Permissions:',
    '  fs_read:',
    ...pathLines(effective.fs_read),
    '',
    '  fs_write:',
    ...pathLines(effective.fs_write),
  ];
  if (override_source !== null) {
    lines.push('', `Override source: ${visibleText(shortPath(override_source, home))}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A value and who said it: `true (base)`. */
export function saidText({ value, source }: SaidValue<unknown>): string {
  return `${visibleText(String(value))} (${source})`;
}

/** An entry of a list and who said it: `~/.aws/config (base)`. */
export function entryText({ pattern, source }: ListedEntry): string {
  return `${patternText(pattern)} (${source})`;
}

/** A pattern as written, backslashes too, unless it holds something that a terminal would act on or hide. */
export function patternText(pattern: string): string {
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(pattern) ? visibleText(pattern) : pattern;
}

function switchLines({ exec, notify, net }: Effective): readonly string[] {
  const value = exec.value === 'commands' ? counted(exec.commands.length, 'command') : exec.value;
  return [
    `  exec: ${saidText({ ...exec, value })}`,
    `  notify: ${saidText(notify)}`,
    `  net: ${saidText(net)}`,
  ];
}

function pathLines(entries: readonly ListedEntry[]): readonly string[] {
  return entries.length === 0 ? ['    (none)'] : entries.map((entry) => `    • ${entryText(entry)}`);
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

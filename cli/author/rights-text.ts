import type { SpokeLook } from '../../schemas/author.ts';
import type { ListedEntry } from '../../schemas/effective.ts';
import { visibleText } from '../../schemas/visible-text.ts';

/** What a spoke asks for, in the words of whoever is to grant it, and what is to be known of that. */
export function rightsText(spoke: SpokeLook): string {
  const lines = rightsOf(spoke).map((right) => `  ${right}\n`);
  const asks = lines.length === 0 ? 'It asks for no rights.\n' : `It asks for:\n${lines.join('')}`;
  const { warnings } = spoke.permissions;
  return asks + warnings.map((warning) => `warning: ${visibleText(warning)}\n`).join('');
}

/** What one version of a spoke asks for beside another, as a difference. */
export function rightsDifference(before: SpokeLook, after: SpokeLook): string {
  const [had, has] = [rightsOf(before), rightsOf(after)];
  const lines = [
    ...has.filter((right) => !had.includes(right)).map((right) => `  + ${right}\n`),
    ...had.filter((right) => !has.includes(right)).map((right) => `  - ${right}\n`),
  ];
  const since = visibleText(`${before.name} ${before.version}`);
  return lines.length === 0
    ? `It asks for the same as ${since}, which it replaces.\n`
    : `Beside ${since}, which it replaces:\n${lines.join('')}`;
}

function rightsOf({ permissions: { effective } }: SpokeLook): readonly string[] {
  const { exec, notify, facts, privileged, fs_read, fs_write } = effective;
  const scoped = effective.exec_profile.value === 'scoped';
  const commands = {
    true: [
      scoped ? 'any command, with its own paths alone' : 'any command, with all that you can do yourself',
    ],
    false: [],
    ask: ['commands, each after asking you'],
    commands: exec.commands.map(entryText),
  }[`${exec.value}`];
  const network = scoped ? ', with network' : '';
  const rights: readonly (readonly [string, readonly string[]])[] = [
    ['exec', commands.map((text) => (effective.net.value ? `${text}${network}` : text))],
    ['notify', notify.value ? ['notifications'] : []],
    ['facts', facts.value ? ['load, memory, disks and failed units of this system'] : []],
    ['fs_read', fs_read.map(entryText)],
    ['fs_write', fs_write.map(entryText)],
    ['privileged', privileged.map(entryText)],
  ];
  return rights.flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
}

function entryText({ pattern, expires, reason }: ListedEntry): string {
  const until = expires === null ? '' : ` until ${expires}`;
  return visibleText(`${pattern}${until}${reason === null ? '' : ` (${reason})`}`);
}

/** One line that says which spoke it is. */
export function titleText({ name, version, description }: SpokeLook): string {
  return visibleText(`${name} ${version}${description === '' ? '' : `: ${description}`}`);
}

import {
  type ActionSpec,
  type ActionTable,
  type ParameterSpec,
  placeholderIn,
} from '../../schemas/action-table.ts';
import { sudoMay } from './sudo-may.ts';

/** Lines of one action at most: what has more values than that is not listed, and never covered by a wildcard. */
const MAX_LINES = 64;

/**
 * Rules for sudo by which one user may run, without a password, just the words that the enabled actions of a table can
 * make, each line one command. An action whose words cannot all be listed is named in a comment and left out. Pure.
 */
export function sudoersFor({ actions }: ActionTable, user: string): string {
  const lines = Object.entries(actions)
    .filter(([, { enabled }]) => enabled)
    .flatMap(([name, spec]) => {
      if (!sudoMay(spec)) return [`# ${name}: left out, since only the executor can look after it`];
      const commands = commandsOf(spec);
      if (commands === null) return [`# ${name}: left out, since its words cannot be listed one by one`];
      return [`# ${name}`, ...commands.map((argv) => `${user} ALL=(root) NOPASSWD: ${commandText(argv)}`)];
    });
  return `${lines.join('\n')}\n`;
}

/** Everything that an action can run; null where that is too much. */
function commandsOf({ argv, parameters }: ActionSpec): readonly (readonly string[])[] | null {
  if (argv.some((word) => !isPlain(word) && placeholderIn(word) === null)) return null;
  let filled: (readonly string[])[] = [argv];
  for (const [name, spec] of Object.entries(parameters)) {
    const values = valuesOf(spec);
    if (values === null || values.length * filled.length > MAX_LINES) return null;
    filled = filled.flatMap((words) =>
      values.map((value) => words.map((word) => (placeholderIn(word) === name ? value : word))),
    );
  }
  return filled;
}

function valuesOf(spec: ParameterSpec): readonly string[] | null {
  switch (spec.type) {
    case 'choice':
      return spec.of;
    case 'integer': {
      const count = spec.max - spec.min + 1;
      return count > MAX_LINES ? null : Array.from({ length: count }, (_, index) => String(spec.min + index));
    }
    case 'name':
    case 'process':
      return null;
  }
}

/** To sudo, words are one text with blanks between, in which more characters than one would think have a meaning. */
function isPlain(word: string): boolean {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word);
}

/** Words as sudoers reads them; where there are no arguments, none may be given. */
function commandText([program = '', ...words]: readonly string[]): string {
  const escaped = [program, ...words].map((word) => word.replace(/[,:=]/g, '\\$&'));
  return words.length === 0 ? `${escaped.join(' ')} ""` : escaped.join(' ');
}

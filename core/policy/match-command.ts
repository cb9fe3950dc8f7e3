import type { CommandTarget } from '../../schemas/decision.ts';
import { hasControl } from '../../schemas/path-text.ts';

/** A command pattern, split into words. `open` is true where `...` at the end lets any further words follow. */
export interface CommandPattern {
  readonly text: string;
  readonly words: readonly string[];
  readonly open: boolean;
}

export type CompiledCommand = { readonly ok: CommandPattern } | { readonly problem: string };

/**
 * Compiles a command pattern such as `git log ...`. Words are divided by blanks; `*` stands for exactly one word, and a
 * final `...` for any number of further ones. The program is a bare name or an absolute path, never a wildcard.
 */
export function compileCommand(text: string): CompiledCommand {
  if (text.length > 1024) return { problem: 'expected at most 1024 characters' };
  if (hasControl(text)) return { problem: 'expected one line without control characters' };
  const words = text.split(' ').filter((word) => word !== '');
  const open = words.at(-1) === '...';
  if (open) words.pop();
  const [program] = words;
  if (program === undefined) return { problem: "expected a command, like 'git log ...'" };
  if (words.includes('...')) return { problem: "expected '...' at the end only" };
  if (program.includes('*')) return { problem: 'expected the name of a program first, not a wildcard' };
  if (program.includes('/') && !program.startsWith('/')) {
    return { problem: 'expected a bare program name or an absolute path first' };
  }
  return { ok: { text, words, open } };
}

/** True when the pattern covers the command, compared word by word with what would really run. */
export function matchesCommand(pattern: CommandPattern, target: CommandTarget): boolean {
  const [program, ...rest] = pattern.words;
  const given = target.argv.slice(1);
  if (program === undefined || !target.names.includes(program)) return false;
  if (pattern.open ? given.length < rest.length : given.length !== rest.length) return false;
  return rest.every((word, index) => word === '*' || word === given[index]);
}

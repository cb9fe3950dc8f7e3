import { visibleText } from '../../schemas/visible-text.ts';

/**
 * A command as a person is shown it: what stands there is all that there is. Every word that is not plain is quoted; control,
 * bidirectional and unseen characters are escaped, and so is every blank but a single space, so that nothing can be pushed
 * out of sight.
 */
export function showWords(argv: readonly string[]): string {
  return argv.map(showWord).join(' ');
}

function showWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${showText(word).replaceAll("'", "'\\''")}'`;
}

/** Text as a person is shown it, by the same rules. */
export function showText(text: string): string {
  return visibleText(text).replace(/(?<= ) |[^\P{Z} ]/gu, (blank) => {
    return `\\u${blank.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Characters of what is shown at most: more would leave the screen, and what cannot be seen cannot be approved. */
export const MAX_SHOWN = 2000;

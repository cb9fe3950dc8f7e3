/**
 * Makes untrusted text safe to print on a terminal or in a log: control characters, line separators, bidirectional,
 * zero-width and other unseen marks, and halves of surrogate pairs become `\n`, `\t`, `\r` or `\uXXXX`, and a backslash becomes two, so
 * that no text can look like what it is not, and what it was can still be told.
 */
export function visibleText(text: string): string {
  // Most text is plain, and looking up what kind each character is takes ten times as long as this.
  if (/^[ -[\]-~]*$/.test(text)) return text;
  return text.replace(/[\\\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu, escapeCharacter);
}

/** The same, and every kind of blank as well: the result is one word. */
export function visibleWord(text: string): string {
  if (/^[!-[\]-~]*$/.test(text)) return text;
  return text.replace(/[\\\p{C}\p{Default_Ignorable_Code_Point}\p{Z}]/gu, escapeCharacter);
}

/** The same, for text of several lines: the ends of lines stay. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visibleText).join('\n');
}

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

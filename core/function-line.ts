/** A longer line is nobody's definition, and would take its time. */
const MAX_LINE = 1000;

/** The line, from 1, where a text of JavaScript, TypeScript or Python seems to define a function; null where none does. */
export function lineOfFunction(text: string, name: string): number | null {
  const word = name.replaceAll('$', '\\$');
  const defines = new RegExp(
    `^\\s*(?:(?:export\\s+)?(?:default\\s+)?(?:async\\s+)?(?:function\\b[\\s*]*|(?:def|const|let|var)\\s+)${word}(?![\\w$])|(?:module\\.)?exports\\.${word}\\s*=)`,
  );
  const at = text.split('\n').findIndex((line) => line.length <= MAX_LINE && defines.test(line));
  return at < 0 ? null : at + 1;
}

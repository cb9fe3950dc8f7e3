/**
 * JSON to print. What a terminal would act on or hide inside a text is written as \uXXXX, which means the same to
 * whoever parses it.
 */
export function jsonText(value: unknown): string {
  return `${harmlessJson(JSON.stringify(value, null, 2))}\n`;
}

/** The same for a line that is JSON already. */
export function harmlessJson(json: string): string {
  // Most text is plain, and looking up what kind each character is takes many times as long as this.
  if (/^[\n -~]*$/.test(json)) return json;
  return json.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Whether a text, read as JSON, has more than so many values, keys not counted; an empty list or object counts as two. It
 * is told without making any of them: a mebibyte of brackets makes 60 of memory. For what is not JSON this counts as far
 * as a parser would read it.
 */
export function hasMoreValues(text: string, most: number): boolean {
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at + 1);
    else if (code === COMMA || code === BRACKET || code === BRACE) {
      values += 1;
      if (values > most) return true;
    }
  }
  return false;
}

/** Where the quote is that ends a string, or the end of the text. */
function endOfString(text: string, from: number): number {
  // A string without a quote in it, such as a file in base64, is passed over at once.
  const quote = text.indexOf('"', from);
  if (quote < 0 || text.charCodeAt(quote - 1) !== BACKSLASH) return quote < 0 ? text.length : quote;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

import type { Token } from './source-tokens.ts';

/** From the first to the last token in which a name means something of the file's own. */
export interface LocalRange {
  readonly from: number;
  readonly to: number;
}

const OPENING: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

/**
 * Where a name is a typed parameter or a variable, and so hides the global of that name. It knows the forms that the
 * code is written in and no others: what it does not know counts as the global.
 */
export function localRanges(tokens: readonly Token[], name: string): LocalRange[] {
  const outer: number[] = [];
  const ranges: LocalRange[] = [];
  tokens.forEach(({ kind, text }, index) => {
    if (kind === 'mark' && text in OPENING) outer.push(index);
    else if (kind === 'mark' && Object.values(OPENING).includes(text)) outer.pop();
    else if (kind === 'word' && text === name) {
      const to = endOfScope(tokens, index, outer);
      if (to !== null) ranges.push({ from: index, to });
    }
  });
  return ranges;
}

function endOfScope(tokens: readonly Token[], index: number, outer: readonly number[]): number | null {
  const inner = outer.at(-1) ?? -1;
  const text = (at: number) => tokens[at]?.text ?? '';
  const declares = (at: number) => ['const', 'let'].includes(text(at));
  if (text(inner) === '(' && ['(', ','].includes(text(index - 1)) && text(index + 1) === ':') {
    return endOfFunction(tokens, closing(tokens, inner));
  }
  if (declares(index - 1)) return endOfBlock(tokens, inner);
  const isShorthand = ['{', ','].includes(text(index - 1)) && [',', '}'].includes(text(index + 1));
  return text(inner) === '{' && declares(inner - 1) && isShorthand
    ? endOfBlock(tokens, outer.at(-2) ?? -1)
    : null;
}

/** The end of the body that follows a list of parameters: of its block, or of the expression behind an arrow. */
function endOfFunction(tokens: readonly Token[], parametersEnd: number): number {
  for (let at = parametersEnd + 1; at < tokens.length; at += 1) {
    const text = tokens[at]?.text;
    if (text === '{') return closing(tokens, at);
    if (text === ';' || text === '(') return at;
  }
  return tokens.length - 1;
}

function endOfBlock(tokens: readonly Token[], opening: number): number {
  return opening < 0 ? tokens.length - 1 : closing(tokens, opening);
}

function closing(tokens: readonly Token[], opening: number): number {
  let depth = 0;
  for (let at = opening; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at] ?? { kind: 'mark', text: '' };
    if (kind !== 'mark') continue;
    if (text in OPENING) depth += 1;
    else if (Object.values(OPENING).includes(text)) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length - 1;
}

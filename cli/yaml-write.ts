import { parseDocument } from 'yaml';
import type { YamlSource } from './yaml-source.ts';

/** What a permissions.yaml holds: text, switches, and entries with their terms. */
export type YamlValue = string | boolean | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** A value on one line, to be read back as just this value wherever it stands. */
export function flowText(value: YamlValue): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return scalarText(value);
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${scalarText(key)}: ${flowText(inner)}`)
    .join(', ')}}`;
}

/** A key with its value as whole lines, in the habits of a file. An entry with terms stays on one line. */
export function blockLines(
  style: YamlSource,
  column: number,
  key: string,
  value: YamlValue,
): readonly string[] {
  const begin = `${' '.repeat(column)}${scalarText(key)}:`;
  if (isList(value) && value.length > 0) {
    const dash = ' '.repeat(column + (style.indentsLists ? style.indent : 0));
    return [begin, ...value.map((item) => `${dash}- ${flowText(item)}`)];
  }
  if (typeof value !== 'object' || isList(value)) return [`${begin} ${flowText(value)}`];
  const inner = Object.entries(value).flatMap(([name, part]) =>
    blockLines(style, column + style.indent, name, part),
  );
  return inner.length === 0 ? [`${begin} {}`] : [begin, ...inner];
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** Text bare where it is read as itself in every place, else in quotes. */
function scalarText(text: string): string {
  if (/^[A-Za-z0-9~/][\w~/.@%+=*? -]*$/.test(text) && !/[\s:]$/.test(text) && isReadAs(text)) return text;
  if (/^[\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]*$/.test(text) && !/\p{C}|\p{Zl}|\p{Zp}/u.test(text))
    return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text);
}

function isReadAs(text: string): boolean {
  const document = parseDocument(`{a: ${text}}`, { logLevel: 'silent' });
  return document.errors.length === 0 && document.get('a') === text;
}

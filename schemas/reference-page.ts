import { editorSchema, type JsonSchema } from './editor-schemas.ts';
import { EDITED_FILES, type EditedFile } from './schema-line.ts';

/** The words of one row: the key as a path, what it takes, its default, what it is for. */
interface Row {
  readonly key: string;
  readonly takes: string;
  readonly otherwise: string;
  readonly about: string;
}

/** The reference of a file as Markdown, every key in one table: made from the same schema that editors use. */
export function referencePage(file: EditedFile): string {
  const rows = rowsOf(editorSchema(file), '', ELSEWHERE[file] ?? {}).map(
    ({ key, takes, otherwise, about }) => `| \`${key}\` | ${takes} | ${otherwise} | ${about} |`,
  );
  return [
    `# ${EDITED_FILES[file]}: every key`,
    '',
    `Made from what the daemon checks the file by; \`npm run reference\` makes it anew. [${GUIDE[file].title}](${GUIDE[file].page}) explains it.`,
    '',
    '| key | takes | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const GUIDE: Readonly<Record<EditedFile, { readonly title: string; readonly page: string }>> = {
  spoke: { title: 'The manifest', page: '../manifest.md' },
  permissions: { title: 'Overrides', page: '../overrides.md' },
  config: { title: 'Configuration', page: '../config.md' },
  policy: { title: 'The policy of a host', page: '../host-policy.md' },
};

/** Keys whose own keys are those of another file. */
type Elsewhere = Readonly<Record<string, string>>;
const ELSEWHERE: Readonly<Partial<Record<EditedFile, Elsewhere>>> = {
  policy: {
    config: 'keys of [config.yaml](config.md)',
    'ceilings.<spoke>': 'keys of a section of [permissions.yaml](permissions.md)',
  },
  permissions: { '"*"': 'the keys of a section' },
};

function rowsOf(schema: JsonSchema, prefix: string, elsewhere: Elsewhere): readonly Row[] {
  const { properties = {}, additionalProperties } = schema as {
    properties?: Readonly<Record<string, JsonSchema>>;
    additionalProperties?: unknown;
  };
  const named = Object.entries(properties);
  const others = isSchema(additionalProperties) ? [['<spoke>', additionalProperties] as const] : [];
  return [...named, ...others].flatMap(([name, inner]) => {
    const key = `${prefix}${name === '*' ? '"*"' : name}`;
    const row = {
      key,
      takes: elsewhere[key] ?? formOf(inner),
      otherwise: defaultOf(inner),
      about: cell(String(inner.description ?? '')),
    };
    return [row, ...(key in elsewhere ? [] : rowsOf(inner, `${key}.`, elsewhere))];
  });
}

/** What a value may be, in the words of the guides. */
function formOf(schema: JsonSchema): string {
  const { type, anyOf, items, const: only } = schema;
  if (schema.enum !== undefined) return words(schema.enum as readonly unknown[]);
  if (only !== undefined) return words([only]);
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(formOf))].join(', or ');
  if (type === 'array') return isSchema(items) ? `list of: ${formOf(items)}` : 'list';
  if (type === 'boolean') return '`true` or `false`';
  if (type === 'integer' || type === 'number') return rangeOf(schema);
  if (type !== 'object') return 'text';
  const keys = Object.keys((schema.properties ?? {}) as object);
  return keys.length === 0 || keys.length > 4 ? 'keys' : keys.map((key) => `\`${key}\``).join(', ');
}

/** More words than a cell should hold. */
const MAX_WORDS = 12;

function words(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_WORDS).map((value) => `\`${value}\``);
  const more = values.length > MAX_WORDS ? ', and others' : '';
  return `${shown.length < 2 || more ? shown.join(', ') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`}${more}`;
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  return typeof minimum === 'number' && typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER
    ? `${minimum} to ${maximum}`
    : 'number';
}

function defaultOf({ default: value }: JsonSchema): string {
  const said = value !== undefined && JSON.stringify(value) !== '{}';
  return said ? `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\`` : '';
}

/** Text that ends no cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

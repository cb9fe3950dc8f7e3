import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.ts';
import type { Problem } from './problem.ts';
import type { YamlDocument, YamlPath } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;

/** More than anybody mends in one go. */
const MAX_PROBLEMS = 20;

/**
 * Checks a document against a schema. Either the typed value, or every problem at once, each in the words
 * "expected, found; what to do" and at its own line and column.
 */
export function validate<S extends z.ZodType>(
  document: YamlDocument,
  schema: S,
): { readonly value: z.output<S> } | { readonly problems: readonly Problem[] } {
  const result = schema.safeParse(document.value, { reportInput: true });
  if (result.success) return { value: result.data };
  return {
    problems: result.error.issues
      .slice(0, MAX_PROBLEMS)
      .flatMap((issue) => explain(document, schema, issue, [])),
  };
}

function explain(document: YamlDocument, schema: z.ZodType, issue: Issue, prefix: YamlPath): Problem[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const at = (message: string) => [document.problemAt(document.locate(path), message)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        document.problemAt(
          document.locateKey([...path, key]),
          `unknown key '${key}'${didYouMean(key, keysAt(schema, path))}`,
        ),
      );
    case 'invalid_key':
      return [
        document.problemAt(
          document.locateKey(path),
          `'${path.at(-1)}': ${issue.issues[0]?.message ?? issue.message}`,
        ),
      ];
    case 'invalid_union': {
      // The branch that got furthest is the one that was meant.
      const meant = issue.errors.find((branch) =>
        branch.some(({ path: inner, code }) => inner.length > 0 || code === 'unrecognized_keys'),
      );
      if (meant) return meant.flatMap((inner) => explain(document, schema, inner, path));
      const forms = issue.errors
        .flat()
        .map(expectedForm)
        .filter((form) => form !== null);
      return at(
        `expected ${[...new Set(forms)].join(', or ')}; found ${describe(valueAt(document.value, path))}${unionHint(issue.errors.flat(), valueAt(document.value, path))}`,
      );
    }
    case 'invalid_type':
    case 'invalid_value': {
      const value = valueAt(document.value, path);
      if (value === undefined) return [missing(document, path)];
      return at(
        `expected ${expectedForm(issue) ?? issue.message}; found ${describe(value)}${hintFor(issue, document, path, value)}`,
      );
    }
    default:
      return at(
        issue.message.replace(/^(?:Invalid input: |Too )/, (start) => (start === 'Too ' ? 'too ' : '')),
      );
  }
}

function missing(document: YamlDocument, path: YamlPath): Problem {
  return document.problemAt(document.locate(path.slice(0, -1)), `the key '${path.at(-1)}' is missing`);
}

const FORMS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'keys with values',
  record: 'keys with values',
  string: 'text',
};

function expectedForm(issue: Issue): string | null {
  if (issue.code === 'invalid_type') return FORMS[issue.expected] ?? issue.expected;
  if (issue.code !== 'invalid_value') return null;
  const values = issue.values.map(String);
  if (values.length <= MAX_VALUES) return values.join(' or ');
  return `one of ${values.slice(0, 3).join(', ')}, ...`;
}

/** More words than a line should list. */
const MAX_VALUES = 6;

/** What to do about a value of the wrong kind, where that can be told. */
function hintFor(issue: Issue, document: YamlDocument, path: YamlPath, value: unknown): string {
  if (issue.code === 'invalid_value') return help(value) || meant(value, issue.values.map(String));
  if (issue.code !== 'invalid_type') return '';
  if (issue.expected === 'string') return quotes(document, path);
  return issue.expected === 'array' ? asList(value) : help(value);
}

/** The same, of a value that fits none of several forms. */
function unionHint(issues: readonly Issue[], value: unknown): string {
  const words = issues.flatMap((issue) => (issue.code === 'invalid_value' ? issue.values.map(String) : []));
  const takesList = issues.some((issue) => issue.code === 'invalid_type' && issue.expected === 'array');
  return help(value) || meant(value, words) || (takesList ? asList(value) : '');
}

/** A word that was probably meant, of those that are known. */
function meant(value: unknown, words: readonly string[]): string {
  const said = typeof value === 'string' && value.length <= 64 ? didYouMean(value, words) : '';
  return said.startsWith('; did you mean') ? said : '';
}

/** One entry, where a list of them belongs. */
function asList(value: unknown): string {
  if (typeof value !== 'string') return '';
  const text = /^[\w/~][\w/~.@%+=*-]*$/.test(value) ? value : JSON.stringify(value);
  return value.length > 60 ? '; put it in square brackets' : `; a list of one is written [${text}]`;
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys with values';
  if (typeof value === 'string') return `the text '${value.slice(0, 60)}'`;
  return `${typeof value === 'number' ? 'the number ' : ''}${String(value)}`;
}

/** What was meant as text and is none, since YAML knows numbers and switches. */
function quotes(document: YamlDocument, path: YamlPath): string {
  const written = document.written(path);
  return written === null ? '' : `; put it in quotes: '${written.slice(0, 60)}'`;
}

/** YAML 1.1 habits: those words are plain text in YAML 1.2. */
function help(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (/^(?:no|off)$/i.test(value)) return `; '${value}' is text in YAML 1.2: write false`;
  if (/^(?:yes|on)$/i.test(value)) return `; '${value}' is text in YAML 1.2: write true`;
  return '';
}

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>)[part] : undefined,
    value,
  );
}

/** The keys that the schema knows at a path. */
function keysAt(schema: unknown, path: YamlPath): readonly string[] {
  const inner = unwrap(schema);
  if (inner.type === 'union') return (inner.options ?? []).flatMap((option) => keysAt(option, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(inner.shape ?? {});
  if (inner.type === 'array') return keysAt(inner.element, rest);
  return keysAt(inner.type === 'record' ? inner.valueType : inner.shape?.[head], rest);
}

interface Shape {
  readonly type?: string;
  readonly innerType?: unknown;
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
}

function unwrap(schema: unknown): Shape {
  const definition = (schema as { _zod?: { def: Shape } } | undefined)?._zod?.def;
  if (!definition) return {};
  return definition.innerType === undefined ? definition : unwrap(definition.innerType);
}

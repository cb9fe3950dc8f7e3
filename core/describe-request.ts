import type { z } from 'zod';
import { visibleText } from '../schemas/visible-text.ts';
import { didYouMean } from './did-you-mean.ts';

type Issue = z.core.$ZodIssue;

const MAX_SHOWN = 40;
const MAX_MESSAGE = 300;

/**
 * One line about what is wrong with a request: `field: expected, found`. `schema` is what `request` was checked against,
 * and names the keys that there are. Of what was sent it repeats no more than a short key, with nothing unseen in it.
 */
export function describeRequestIssue(issue: Issue | undefined, schema: z.ZodType, request: unknown): string {
  if (issue === undefined) return 'the request does not have the documented shape';
  const meant = meantIssue(issue, valueAt(request, issue.path));
  const where = meant.path.map((part) => shownKey(String(part))).join('.');
  const what = describe(meant, schema, valueAt(request, meant.path));
  return (where === '' ? what : `${where}: ${what}`).slice(0, MAX_MESSAGE);
}

/** Of a value that can have several forms, what is wrong by the form whose type fits; the issue itself where none does. */
function meantIssue(issue: Issue, found: unknown): Issue {
  if (issue.code !== 'invalid_union' || found === undefined) return issue;
  const fitting = issue.errors
    .map(([first]) => first)
    .find((first) => first && !(first.code === 'invalid_type' && first.path.length === 0));
  return fitting ? { ...fitting, path: [...issue.path, ...fitting.path] } : issue;
}

function describe(issue: Issue, schema: z.ZodType, found: unknown): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [key = ''] = issue.keys;
      return `unknown key '${shownKey(key)}'${didYouMean(key.slice(0, MAX_SHOWN), keysOf(schema, issue.path))}`;
    }
    case 'invalid_type':
      return expected([formOf(issue.expected)], found);
    case 'invalid_value':
      return expected(issue.values.map(String), found, 'another text');
    case 'invalid_union':
      return expected(
        issue.errors.flatMap(([first]) => (first ? [formOfIssue(first)] : [])),
        found,
      );
    case 'too_small':
      return `expected at least ${amount(issue.minimum, issue.origin)}, found ${sizeOf(found)}`;
    case 'too_big':
      return `expected at most ${amount(issue.maximum, issue.origin)}, found ${sizeOf(found)}`;
    default:
      return issue.message.replace('Invalid input: ', '');
  }
}

function expected(forms: readonly string[], found: unknown, text = 'text'): string {
  if (found === undefined) return 'is missing';
  const all = [...forms.slice(0, -2), forms.slice(-2).join(' or ')].join(', ');
  return `expected ${all}, found ${typeof found === 'string' ? text : kindOf(found)}`;
}

function formOfIssue(issue: Issue): string {
  return issue.code === 'invalid_type' ? formOf(issue.expected) : issue.message;
}

const FORMS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'keys with values',
  string: 'text',
};

function formOf(expected: string): string {
  return FORMS[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'keys with values';
  if (typeof value === 'boolean') return String(value);
  return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
}

const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

function amount(limit: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  return unit === undefined ? String(limit) : `${limit} ${unit[Number(limit) === 1 ? 0 : 1]}`;
}

function sizeOf(value: unknown): string {
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : null;
  return size === 0 ? 'none' : String(size ?? Number(value));
}

/** A key is repeated short, and so that it can be seen. */
function shownKey(key: string): string {
  return visibleText(key.slice(0, MAX_SHOWN));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      inner !== null && typeof inner === 'object' && Object.hasOwn(inner, part)
        ? (inner as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );
}

/** The keys of a request as a whole; no request has keys further inside. */
function keysOf(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const { shape } = schema as { shape?: object };
  return path.length === 0 && shape !== undefined ? Object.keys(shape) : [];
}

import { type ActionSpec, type ParameterSpec, placeholderIn } from '../../schemas/action-table.ts';
import type { Parameters, ProcessValue } from '../../schemas/executor.ts';

/** What would run, word for word, or why it is nothing that the table offers. */
export type Filled =
  | {
      readonly argv: readonly string[];
      /** The process that is meant, of root's only one of these programs. */
      readonly meant: { readonly value: ProcessValue; readonly root: readonly string[] } | null;
    }
  | { readonly problem: string };

/**
 * Fills the words of an action with parameters, each of which the table bounds. A value is one whole word and never an
 * option. Pure; the executor and the daemon get the same words from the same table.
 */
export function fillArgv({ argv, parameters }: ActionSpec, given: Parameters): Filled {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined)
    return { problem: 'params: there is a parameter that this action does not have' };
  const words = new Map<string, string>();
  let meant: { value: ProcessValue; root: readonly string[] } | null = null;
  for (const [name, spec] of Object.entries(parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const word = value === undefined ? null : wordOf(spec, value);
    if (word === null) return { problem: `params.${name}: expected ${describeSpec(spec)}` };
    words.set(name, word);
    if (spec.type === 'process') meant = { value: value as ProcessValue, root: spec.root };
  }
  const filled = argv.map((word) => {
    const name = placeholderIn(word);
    return name === null ? word : (words.get(name) ?? '');
  });
  return { argv: filled, meant };
}

/** The word that a value is, or null for one that the table does not take. */
function wordOf(spec: ParameterSpec, value: Parameters[string]): string | null {
  switch (spec.type) {
    case 'choice':
      return typeof value === 'string' && spec.of.includes(value) ? value : null;
    case 'integer':
      return typeof value === 'number' && value >= spec.min && value <= spec.max ? String(value) : null;
    case 'name':
      return typeof value === 'string' && isName(value, spec) ? value : null;
    case 'process':
      return typeof value === 'object' && value.pid > 1 ? String(value.pid) : null;
  }
}

function isName(value: string, { max, except }: Extract<ParameterSpec, { type: 'name' }>): boolean {
  // ASCII alone, and the whole text: no blank, slash, newline or letter that only looks like one of these.
  const plain = /^[A-Za-z0-9_][A-Za-z0-9_.@:-]*$/.test(value) && !value.includes('\n');
  return plain && value.length <= max && !value.includes('..') && !except.includes(value);
}

function describeSpec(spec: ParameterSpec): string {
  switch (spec.type) {
    case 'choice':
      return `one of ${spec.of.join(', ')}`;
    case 'integer':
      return `a whole number from ${spec.min} to ${spec.max}`;
    case 'name':
      return `a name of at most ${spec.max} letters, digits and _ . @ : -${spec.except.length > 0 ? `, and none of ${spec.except.join(', ')}` : ''}`;
    case 'process':
      return 'a process as {pid, start}, above 1';
  }
}

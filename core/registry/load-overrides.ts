import { z } from 'zod';
import { expectationsSchema } from '../../schemas/expectations.ts';
import { overridesSchema } from '../../schemas/overrides.ts';
import { overrideBlockSchema } from '../../schemas/permissions.ts';
import { compileLayer, type Remark } from '../policy/layer.ts';
import type { Expansion } from '../policy/match-path.ts';
import type { Layer } from '../policy/policy.ts';
import type { LoadedExpectation } from './expectations.ts';
import { validate } from './explain-issue.ts';
import { patternProblems } from './pattern-problems.ts';
import { InvalidFile } from './problem.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

export const MAX_OVERRIDES_BYTES = 1_048_576;

/** What `permissions.yaml` says, compiled: a layer for each spoke it names, and one for `"*"`. */
export interface LoadedOverrides {
  readonly layers: ReadonlyMap<string, Layer>;
  /** By the spoke, or `"*"`, whose section they are in. */
  readonly warnings: ReadonlyMap<string, readonly Remark[]>;
  /** What the file expects of itself, which is not checked here: that takes the spokes. */
  readonly expectations: readonly LoadedExpectation[];
  readonly text: string;
}

export const NO_OVERRIDES: LoadedOverrides = {
  layers: new Map(),
  warnings: new Map(),
  expectations: [],
  text: '',
};

/** Compiles the text of `permissions.yaml`. Throws InvalidFile with every problem. Pure but for that. */
export function parseOverrides(file: string, text: string, expansion: Required<Expansion>): LoadedOverrides {
  const document = parseYaml(file, text);
  const { sections, expect } = partsOf(document.value);
  const checked = validate({ ...document, value: sections }, overridesSchema);
  const expected = readExpectations(document, expect);
  const refused = [checked, expected].flatMap((part) => ('problems' in part ? part.problems : []));
  if (!('value' in checked) || !('value' in expected)) {
    const inSections = Object.keys(Object(sections)).flatMap((name) =>
      patternProblems(document, [name], overrideBlockSchema, { source: 'override', expansion }),
    );
    throw new InvalidFile([...refused, ...inSections]);
  }
  const layers = new Map<string, Layer>();
  const warnings = new Map<string, readonly Remark[]>();
  const problems: Remark[] = [];
  for (const [name, block] of Object.entries(checked.value)) {
    const locate = (path: readonly (string | number)[]) => document.locate([name, ...path]);
    const compiled = compileLayer({ block, source: 'override', locate, expansion });
    layers.set(name, compiled.layer);
    warnings.set(
      name,
      name === '*' ? [...grantsToAll(compiled.layer), ...compiled.warnings] : compiled.warnings,
    );
    problems.push(...compiled.problems);
  }
  if (problems.length > 0) {
    throw new InvalidFile(problems.map(({ origin, message }) => document.problemAt(origin, message)));
  }
  return { layers, warnings, expectations: expected.value, text };
}

/** The sections of spokes, and what the file expects of itself. What is no map at all has neither, and is refused as such. */
function partsOf(value: unknown): { readonly sections: unknown; readonly expect: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { sections: value, expect: undefined };
  }
  const { expect, ...sections } = value as Record<string, unknown>;
  return { sections, expect };
}

const expectSchema = z.strictObject({ expect: expectationsSchema.optional() });

function readExpectations(document: YamlDocument, expect: unknown) {
  const value = expect === undefined ? {} : { expect };
  const checked = validate({ ...document, value }, expectSchema);
  if ('problems' in checked) return checked;
  const expectations = (checked.value.expect ?? []).map((expectation, index): LoadedExpectation => {
    const origin = document.locate(['expect', index]);
    return { ...expectation, origin, problem: (message) => document.problemAt(origin, message) };
  });
  return { value: expectations };
}

/** The layers that count for a spoke: what every spoke is told, then what this one is. */
export function layersFor({ layers }: LoadedOverrides, spoke: string): readonly Layer[] {
  return [layers.get('*'), layers.get(spoke)].filter((layer) => layer !== undefined);
}

/** The remarks on the sections that count for a spoke. */
export function remarksFor({ warnings }: LoadedOverrides, spoke: string): readonly Remark[] {
  return [...(warnings.get('*') ?? []), ...(warnings.get(spoke) ?? [])];
}

/** What `"*"` allows, it allows spokes that are not there yet: whoever wrote it should know. */
function grantsToAll({ exec, switches, paths, privileged }: Layer): readonly Remark[] {
  const said = [exec, ...Object.values(switches)].filter((one) => one !== undefined && one.value !== false);
  const entries = Object.values(paths)
    .flat()
    .filter(({ rule }) => rule.effect === 'allow');
  const origins = [
    ...said.map((one) => one?.origin),
    ...entries.map(({ rule }) => rule.origin),
    ...privileged.grants.map(({ origin }) => origin),
  ];
  return origins
    .filter((origin) => origin !== null && origin !== undefined)
    .map((origin) => ({ origin, message: 'this allows it to every spoke, also to those that come later' }));
}

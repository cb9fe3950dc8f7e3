import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../schemas/config.ts';
import { editorSchema, type JsonSchema } from '../../schemas/editor-schemas.ts';
import { hostPolicySchema } from '../../schemas/host-policy.ts';
import { manifestSchema } from '../../schemas/manifest.ts';
import { overridesSchema } from '../../schemas/overrides.ts';
import { referencePage } from '../../schemas/reference-page.ts';
import { EDITED_FILES, type EditedFile, schemaLine, schemaPath } from '../../schemas/schema-line.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = Object.keys(EDITED_FILES) as readonly EditedFile[];
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

describe.each(FILES)('the schema of %s', (file) => {
  it('lies in the package as it is made from what the daemon checks by; else run: npm run reference', () => {
    expect(JSON.parse(read(schemaPath(file)))).toEqual(JSON.parse(JSON.stringify(editorSchema(file))));
  });

  it('and its reference page say the same; else run: npm run reference', () => {
    expect(read(`docs/reference/${file}.md`)).toBe(referencePage(file));
  });

  it('has a description for every key', () => {
    expect(undescribed(editorSchema(file), '')).toEqual([]);
  });

  it('is shipped, and named by a line that an editor reads as an address', () => {
    const { files } = JSON.parse(read('package.json')) as { files: readonly string[] };
    expect(files.some((shipped) => schemaPath(file).startsWith(`${shipped}/`))).toBe(true);
    const [, address = ''] =
      /^# yaml-language-server: \$schema=(\S+)\n$/.exec(schemaLine('/opt/a b/x', file)) ?? [];
    expect(fileURLToPath(address)).toBe(`/opt/a b/x/${schemaPath(file)}`);
    expect(existsSync(`${ROOT}${schemaPath(file)}`)).toBe(true);
  });
});

const ZOD = {
  spoke: manifestSchema,
  permissions: overridesSchema,
  config: configSchema,
  policy: hostPolicySchema,
};

it.each(FILES)('every example of %s is one that the daemon takes', (file) => {
  const found = examplesIn(editorSchema(file), []);
  const wrong = found.filter(({ path, example }) => {
    const required = file === 'spoke' ? { name: 'weather', entrypoint: 'main:register' } : {};
    return !ZOD[file].safeParse(nest(path, example, required)).success;
  });
  expect(wrong).toEqual([]);
  expect(found.length > 0 || file === 'config').toBe(true);
});

interface Example {
  readonly path: readonly string[];
  readonly example: unknown;
}

/** Every example of a key that is reached through keys alone, with the way there. */
function examplesIn(schema: JsonSchema, path: readonly string[]): readonly Example[] {
  const own = (schema.examples ?? []) as readonly unknown[];
  return [
    ...own.map((example) => ({ path, example })),
    ...keysOf(schema).flatMap(([name, inner]) => examplesIn(inner, [...path, name])),
  ];
}

function nest(path: readonly string[], value: unknown, around: object): unknown {
  const [head, ...rest] = path;
  return head === undefined ? value : { ...around, [head]: nest(rest, value, {}) };
}

function undescribed(schema: JsonSchema, prefix: string): readonly string[] {
  return keysOf(schema).flatMap(([name, inner]) => [
    ...(typeof inner.description === 'string' && inner.description !== '' ? [] : [`${prefix}${name}`]),
    ...undescribed(inner, `${prefix}${name}.`),
  ]);
}

/** The keys of a map; one that a spoke's name takes the place of is called creds. */
function keysOf({
  properties,
  additionalProperties,
}: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const others =
    typeof additionalProperties === 'object' ? [['creds', additionalProperties as JsonSchema] as const] : [];
  return [...Object.entries((properties ?? {}) as Record<string, JsonSchema>), ...others];
}

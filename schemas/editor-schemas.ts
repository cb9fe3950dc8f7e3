import { z } from 'zod';
import { configSchema } from './config.ts';
import { expectationsSchema } from './expectations.ts';
import { hostPolicySchema } from './host-policy.ts';
import { manifestSchema } from './manifest.ts';
import { overridesSchema } from './overrides.ts';
import { overrideBlockSchema } from './permissions.ts';
import { EDITED_FILES, type EditedFile } from './schema-line.ts';

export type JsonSchema = { readonly [key: string]: unknown };

/** Where the schema of a file lies in the package. */
export function schemaPath(file: EditedFile): string {
  return `schemas/json/${file}.schema.json`;
}

/** The JSON Schema of a file, made from what the daemon itself checks it by. Editors show its descriptions and examples. */
export function editorSchema(file: EditedFile): JsonSchema {
  return { ...SCHEMAS[file](), title: EDITED_FILES[file] };
}

const SCHEMAS: Readonly<Record<EditedFile, () => JsonSchema>> = {
  spoke: () => toJson(manifestSchema),
  // What the file expects of itself is read apart from its sections.
  permissions: () => ({
    ...toJson(overridesSchema),
    properties: {
      '*': {
        ...inner(overrideBlockSchema),
        description: 'What counts for every spoke, before its own section.',
      },
      expect: {
        ...inner(expectationsSchema),
        description:
          'Tests of this file: what has to be decided. A file that fails one of them is not taken.',
      },
    },
  }),
  config: () => toJson(configSchema),
  policy: () => toJson(hostPolicySchema),
};

/** Readable where the exact one is longer than a message of an editor can be; the daemon checks the rest. */
const MOMENT = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)$';

function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    // The draft that every editor knows, of what people write and not of what becomes of it.
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time') jsonSchema.pattern = MOMENT;
    },
  }) as JsonSchema;
}

function inner(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...rest } = toJson(schema);
  return rest;
}

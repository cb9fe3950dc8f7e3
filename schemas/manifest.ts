import { z } from 'zod';
import { spokeNameSchema } from './names.ts';
import { permissionBlockSchema } from './permissions.ts';

/** `module:function`. The module is a path inside the spoke's directory, its ending .js, .mjs or .cjs optional. */
const entrypointSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*:[A-Za-z_$][\w$]*$/, {
    error: "expected 'module:function', like main:register",
  });

/** `spoke.yaml`, the file that makes a directory a spoke. At most 64 KiB. */
export const manifestSchema = z.strictObject({
  name: spokeNameSchema.describe('The spoke as an identity.'),
  version: z.string().min(1).max(64).default('0.0.0').describe('The version, as its author counts.'),
  description: z.string().max(500).optional().describe('One line for people.'),
  entrypoint: entrypointSchema.describe('Module and exported function to call, like main:register.'),
  api: z.literal(1, { error: 'expected 1; this Axium speaks no other version' }).optional(),
  permissions: permissionBlockSchema.default({}).describe('What the spoke asks for. Absent: nothing.'),
});

export type Manifest = z.infer<typeof manifestSchema>;

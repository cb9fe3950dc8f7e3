import { z } from 'zod';
import { spokeNameSchema } from './names.ts';
import { permissionBlockSchema } from './permissions.ts';

/** What runs the code of a spoke. */
export const RUNTIMES = ['node', 'python', 'exec'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

interface Entrypoint {
  readonly shape: RegExp;
  readonly error: string;
}

/** What an entrypoint looks like, and how to say so: a module and its function, or for `exec` the program alone. */
const ENTRYPOINTS: Readonly<Record<'function' | 'program', Entrypoint>> = {
  function: {
    shape: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*:[A-Za-z_$][\w$]*$/,
    error: "expected 'module:function', like main:register",
  },
  program: {
    shape: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
    error:
      "expected the path of a program in the spoke's directory, like bin/watch, since its runtime is exec",
  },
};

/** `spoke.yaml`, the file that makes a directory a spoke. At most 64 KiB. */
export const manifestSchema = z
  .strictObject({
    name: spokeNameSchema.describe('The spoke as an identity.').meta({ examples: ['weather'] }),
    version: z.string().min(1).max(64).default('0.0.0').describe('The version, as its author counts.'),
    description: z.string().max(500).optional().describe('One line for people.'),
    runtime: z
      .enum(RUNTIMES)
      .default('node')
      .describe('What runs the code: Node, Python 3, or the program itself.'),
    entrypoint: z
      .string()
      .max(200)
      .describe('Module and function to call, like main:register; for the runtime exec the program to start.')
      .meta({ examples: ['main:register'] }),
    api: z
      .literal(1, { error: 'expected 1; this Axium speaks no other version' })
      .optional()
      .describe('The version of the interface that it is written for.'),
    permissions: permissionBlockSchema.default({}).describe('What the spoke asks for. Absent: nothing.'),
  })
  .refine((value) => entrypointOf(value).shape.test(value.entrypoint), {
    path: ['entrypoint'],
    error: ({ input }) => entrypointOf(input).error,
    // Beside whatever else is wrong, so that its author reads of everything at once.
    when: ({ value }) => typeof Object(value).entrypoint === 'string',
  });

function entrypointOf(manifest: unknown): Entrypoint {
  return ENTRYPOINTS[Object(manifest).runtime === 'exec' ? 'program' : 'function'];
}

export type Manifest = z.infer<typeof manifestSchema>;

import { z } from 'zod';
import { configSchema, LEVELS } from './config.ts';
import { spokeNameSchema } from './names.ts';
import { overrideBlockSchema } from './permissions.ts';

/** Where the host's policy lies. Only root can put a file there, and no variable moves it. */
export const HOST_POLICY_FILE = '/etc/axium/policy.yaml';

/** The keys of a section of permissions.yaml that can be locked: nothing there can say more than spoke.yaml does. */
export const LOCKABLE = [
  'exec',
  'exec_profile',
  'privileged',
  'notify',
  'net',
  'facts',
  'fs_read',
  'fs_write',
] as const;
export type Lockable = (typeof LOCKABLE)[number];

/** The keys of config.yaml that hold a value, each as a path of one or two words. */
export const CONFIG_KEYS: readonly string[] = Object.entries(configSchema.shape).flatMap(([key, schema]) => {
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((name) => `${key}.${name}`) : [key];
});

const pinnedSpoke = z.union([
  spokeNameSchema,
  z.strictObject({
    name: spokeNameSchema,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "expected 64 hex digits, as 'axium spoke review <name>' prints them")
      .describe('The hash of all files in its directory; with any other it is not run.'),
  }),
]);

/**
 * `/etc/axium/policy.yaml`: what nobody on this host can go beyond, whatever spokes ask for and users allow. At most
 * 1 MiB. Every key is optional, and so is the file.
 */
export const hostPolicySchema = z.strictObject({
  strict: z
    .boolean()
    .default(false)
    .describe('Strict mode for every user: permissions.yaml does not count, only spoke.yaml.')
    .meta({ examples: [true] }),
  sandbox: z
    .strictObject({
      require: z
        .enum(LEVELS)
        .optional()
        .describe('The least confinement with which a spoke may run, whatever config.yaml says.')
        .meta({ examples: ['kernel'] }),
    })
    .prefault({})
    .describe('How spokes have to be confined.'),
  spokes: z
    .array(pinnedSpoke)
    .optional()
    .describe('The only spokes that may run, by name, each with the hash of its code where that is given.')
    .meta({ examples: [['creds', { name: 'report', sha256: '0'.repeat(64) }]] }),
  locked: z
    .array(z.enum([...LOCKABLE, ...CONFIG_KEYS]))
    .default([])
    .describe(
      'Keys that users cannot say more of: of permissions.yaml it cannot widen what spoke.yaml says, and of config.yaml the default counts.',
    )
    .meta({ examples: [['exec', 'sandbox.spokes']] }),
  config: configSchema
    .partial()
    .optional()
    .describe('Values that count in the place of what config.yaml says, key by key.')
    .meta({ examples: [{ audit: { keep: '365d' } }] }),
  ceilings: z
    .record(
      z.union([z.literal('*'), spokeNameSchema]),
      overrideBlockSchema.describe('What one spoke can have at most; "*" is every spoke.'),
    )
    .default({})
    .describe(
      'What a spoke can have at most, by its name, or "*" for every spoke. A key that is absent bounds nothing.',
    )
    .meta({ examples: [{ '*': { exec: false, fs_write: ['/srv/**'] } }] }),
});

export type HostPolicyFile = z.output<typeof hostPolicySchema>;

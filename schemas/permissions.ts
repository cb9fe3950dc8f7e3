import { z } from 'zod';
import { actionNameSchema } from './executor.ts';

const expires = z.iso
  .datetime({ offset: true, error: 'expected a date and time with its zone, like 2030-01-31T18:00:00Z' })
  .describe('The entry counts until this moment, and not after.')
  .meta({ examples: ['2030-01-31T18:00:00Z'] });
const reason = z
  .string()
  .min(1)
  .max(500)
  .describe('Why the entry is there, for whoever reads the file next.');

const pathEntry = z.union([
  z.string(),
  z.strictObject({ path: z.string(), expires: expires.optional(), reason: reason.optional() }),
]);
const commandEntry = z.union([
  z.string(),
  z.strictObject({ command: z.string(), expires: expires.optional(), reason: reason.optional() }),
]);

const privilegedTerms = {
  action: actionNameSchema,
  expires: expires.optional(),
  reason: reason.optional(),
};
const privilegedEntry = z.union([actionNameSchema, z.strictObject(privilegedTerms)]);
/** Only a user can say that nobody is to be asked. */
const privilegedOverride = z.union([
  actionNameSchema,
  z.strictObject({
    ...privilegedTerms,
    ask: z.boolean().optional().describe('false: the action is done without asking a person.'),
  }),
]);

const pathList = z.array(pathEntry);
const commandList = z.array(commandEntry);

/** What `exec` may say: never, always, ask a person, or these commands only. */
const execSchema = z.union([z.boolean(), z.literal('ask'), commandList]);

/** The keys that `spoke.yaml` and `permissions.yaml` share (DESIGN: the manifest and the overrides). */
const permissionKeys = {
  exec: execSchema
    .optional()
    .describe('Run commands through the daemon: true is every command, with all that your user can do.')
    .meta({ examples: [['git log ...', 'aws sso login'], 'ask', false] }),
  notify: z.boolean().optional().describe('Queue notifications for the user.'),
  net: z.boolean().optional().describe('Network for the commands of a scoped exec profile.'),
  fs_read: pathList
    .optional()
    .describe(
      'Files the daemon may read for the spoke: absolute paths, or from ~/; * stays within a directory, ** does not.',
    )
    .meta({ examples: [['~/.aws/config', '/srv/report/**']] }),
  fs_write: pathList
    .optional()
    .describe('Files the daemon may write for the spoke, by the same patterns.')
    .meta({ examples: [['/tmp/cache/*']] }),
  facts: z.boolean().optional().describe('System facts: load, memory, disks, failed units.'),
  privileged: z
    .array(privilegedEntry)
    .optional()
    .describe('Actions of the root executor that the spoke may ask for; a person is asked each time.'),
  exec_profile: z
    .enum(['host', 'scoped'])
    .optional()
    .describe(
      'What the commands of the spoke see of the system: host is what you see; scoped is an empty home and the paths of the spoke.',
    ),
};

/** The `permissions` section of `spoke.yaml`. An absent key is false or empty. */
export const permissionBlockSchema = z.strictObject(permissionKeys);

const restrictionSchema = z.strictObject({
  exec: commandList.optional().describe('These commands.'),
  fs_read: pathList.optional().describe('Reading these files.'),
  fs_write: pathList.optional().describe('Writing these files.'),
  privileged: z.array(privilegedEntry).optional().describe('These actions of the root executor.'),
});

/** One spoke's section of `permissions.yaml`: the same keys, and what only a user may say. */
export const overrideBlockSchema = z.strictObject({
  ...permissionKeys,
  privileged: z
    .array(privilegedOverride)
    .optional()
    .describe('Actions of the root executor that the spoke may ask for.'),
  deny: restrictionSchema
    .optional()
    .describe('Never, whatever else matches.')
    .meta({ examples: [{ fs_read: ['~/.ssh/**'] }] }),
  ask: restrictionSchema.optional().describe('Only after a person has said yes.'),
});

export type PathEntry = z.infer<typeof pathEntry>;
export type CommandEntry = z.infer<typeof commandEntry>;
export type PrivilegedEntry = z.infer<typeof privilegedOverride>;
export type PermissionBlock = z.infer<typeof permissionBlockSchema>;
export type OverrideBlock = z.infer<typeof overrideBlockSchema>;

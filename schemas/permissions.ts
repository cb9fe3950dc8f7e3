import { z } from 'zod';
import { actionNameSchema } from './executor.ts';

const expires = z.iso
  .datetime({ offset: true, error: 'expected a date and time with its zone, like 2030-01-31T18:00:00Z' })
  .describe('The entry counts until this moment, and not after.');
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
  exec: execSchema.optional().describe('Run commands through the daemon.'),
  notify: z.boolean().optional().describe('Queue notifications for the user.'),
  net: z.boolean().optional().describe('Network for the commands of a scoped exec profile.'),
  fs_read: pathList.optional().describe('Files the daemon may read for the spoke.'),
  fs_write: pathList.optional().describe('Files the daemon may write for the spoke.'),
  facts: z.boolean().optional().describe('System facts: load, memory, disks, failed units.'),
  privileged: z
    .array(privilegedEntry)
    .optional()
    .describe('Actions of the root executor that the spoke may ask for; a person is asked each time.'),
  exec_profile: z
    .enum(['host', 'scoped'])
    .optional()
    .describe('What the commands of the spoke see of the system.'),
};

/** The `permissions` section of `spoke.yaml`. An absent key is false or empty. */
export const permissionBlockSchema = z.strictObject(permissionKeys);

const restrictionSchema = z.strictObject({
  exec: commandList.optional(),
  fs_read: pathList.optional(),
  fs_write: pathList.optional(),
  privileged: z.array(privilegedEntry).optional(),
});

/** One spoke's section of `permissions.yaml`: the same keys, and what only a user may say. */
export const overrideBlockSchema = z.strictObject({
  ...permissionKeys,
  privileged: z
    .array(privilegedOverride)
    .optional()
    .describe('Actions of the root executor that the spoke may ask for.'),
  deny: restrictionSchema.optional().describe('Never, whatever else matches.'),
  ask: restrictionSchema.optional().describe('Only after a person has said yes.'),
});

export type PathEntry = z.infer<typeof pathEntry>;
export type CommandEntry = z.infer<typeof commandEntry>;
export type PrivilegedEntry = z.infer<typeof privilegedOverride>;
export type PermissionBlock = z.infer<typeof permissionBlockSchema>;
export type OverrideBlock = z.infer<typeof overrideBlockSchema>;

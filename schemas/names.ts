import { z } from 'zod';

/** The first word of every `axium` command. A spoke of such a name could never be addressed by its own. */
export const CLI_VERBS = [
  'approvals',
  'approve',
  'audit',
  'check',
  'daemon',
  'demo',
  'doctor',
  'drop',
  'elevate',
  'env',
  'exec',
  'executor',
  'grants',
  'help',
  'hud',
  'jobs',
  'metrics',
  'modify',
  'notify',
  'perms',
  'ping',
  'reject',
  'sessions',
  'spoke',
  'status',
  'version',
  'veto',
  'whoami',
  'why',
] as const;

const RESERVED: ReadonlySet<string> = new Set(['system', 'core', 'axium', 'expect', ...CLI_VERBS]);

/** True for a name that means something else already: a source of notifications, a key of a file, a command. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}

/** A spoke's name: a lower-case letter, then up to 63 letters, digits or hyphens. */
export const spokeNameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,63}$/,
    'expected a lower-case letter, then up to 63 lower-case letters, digits or hyphens',
  )
  .refine((name) => !isReservedName(name), { error: 'this name is reserved; choose another' });

/** A command of a spoke, called as `axium <spoke> <command>`. `help` is the list of them. */
export const commandNameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,31}$/,
    'expected a lower-case letter, then up to 31 lower-case letters, digits or hyphens',
  )
  .refine((name) => name !== 'help', { error: "'help' lists the commands of a spoke; choose another name" });

/**
 * The closed table of what a spoke can be allowed to do. One word for each, the same on the wire, in YAML, in the
 * logs and in code. `permissions` is a spoke's look at its own rights,
 * `command` what it offers as `axium <spoke> <command>`.
 */
export const ACTIONS = [
  'notify',
  'exec',
  'fs_read',
  'fs_write',
  'net',
  'facts',
  'hud',
  'storage',
  'privileged',
  'permissions',
  'command',
] as const;

export type Action = (typeof ACTIONS)[number];

/** What a decision record may name beside an action: a request whose command is not known, and the line itself. */
export type RecordedAction = Action | 'unknown' | 'channel';

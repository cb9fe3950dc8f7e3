/** What each action is about that is about something. */
const RESOURCES = {
  exec: 'the command',
  fs_read: 'the path',
  fs_write: 'the path',
  privileged: 'the name of the action of root',
} as const;

/** True for an action that is about a path, a command or an action of the executor. */
export function needsResource(action: string): action is keyof typeof RESOURCES {
  return Object.hasOwn(RESOURCES, action);
}

/** What an action is about, in a few words. */
export function resourceOf(action: keyof typeof RESOURCES): string {
  return RESOURCES[action];
}

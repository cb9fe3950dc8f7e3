/** True for an action that is about a path or a command. */
export function needsResource(action: string): action is 'exec' | 'fs_read' | 'fs_write' {
  return action === 'exec' || action === 'fs_read' || action === 'fs_write';
}

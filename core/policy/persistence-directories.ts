import { isWithin } from '../../schemas/path-text.ts';

/** Directories above the places of persistence.ts: given as a whole, they would open those as well. */
const IN_HOME: readonly string[] = ['.config', '.local', '.local/share', '.ssh'];
const IN_SYSTEM: readonly string[] = ['/etc', '/etc/xdg', '/var', '/var/spool'];

/** True for a directory below which a file may lie, now or later, through which code persists. */
export function holdsPersistence(directory: string, home: string): boolean {
  if (directory === '/' || IN_SYSTEM.includes(directory) || isWithin(home, directory)) return true;
  return IN_HOME.some((place) => directory === `${home}/${place}`);
}

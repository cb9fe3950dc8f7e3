import type { Powers } from './powers.ts';

/** Links to the files of zones, which have the names of these below a directory of this name. */
const LOCAL_TIME = '/etc/localtime';
const IN_ZONES = /^.*\/zoneinfo\/(?=[A-Z])/;

/**
 * The time zone of this host by the name that `Intl` has for it. Where its own name can be found without one, no format of
 * `Intl` is made to ask: that reads some four megabytes of Node's program, which the daemon needs for nothing else.
 */
export function timeZoneOf({ env, filesNow }: Pick<Powers, 'env' | 'filesNow'>): string {
  const name = env.TZ ?? linkedZone(filesNow);
  if (name === 'UTC' || name === 'Etc/UTC') return 'UTC';
  // Other names mean one of these, or nothing.
  if (Intl.supportedValuesOf('timeZone').includes(name)) return name;
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function linkedZone(files: Powers['filesNow']): string {
  try {
    return files.readlinkSync(LOCAL_TIME).replace(IN_ZONES, '');
  } catch {
    return '';
  }
}

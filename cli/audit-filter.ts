import type { AuditRecord, DecisionRecord } from '../schemas/audit.ts';
import { DURATION, millisecondsOf } from '../schemas/duration.ts';
import type { Options } from './commands.ts';
import { CliError, EXIT } from './exit.ts';

/** What of the log is asked for; of what is not said, everything. */
export interface AuditFilter {
  readonly spoke: string | undefined;
  readonly action: string | undefined;
  readonly effect: string | undefined;
  /** An absolute path: decisions about it and about what is below it. */
  readonly path: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

/** The filter that the options of a command say. Throws usage for a time or a path that is none. */
export function filterOf(options: Options, home: string, now: number): AuditFilter {
  const { spoke, action, effect, path, since, until } = options;
  return {
    spoke,
    action,
    effect,
    path: path === undefined ? undefined : absolutePath(path, home),
    since: since === undefined ? Number.NEGATIVE_INFINITY : moment('--since', since, now),
    until: until === undefined ? Number.POSITIVE_INFINITY : moment('--until', until, now),
  };
}

/** The moment that `--since` says. Throws usage for what is none. */
export function since(text: string, now: number): number {
  return moment('--since', text, now);
}

type Wantable = Exclude<AuditRecord, { type: 'outcome' }>;

/** True where a decision or an event is asked for. An event has no action, effect or path. */
export function isWanted(record: Wantable, filter: AuditFilter): boolean {
  const time = Date.parse(record.time);
  if (time < filter.since || time > filter.until) return false;
  if (record.type === 'decision') return isWantedDecision(record, filter);
  if ([filter.action, filter.effect, filter.path].some((word) => word !== undefined)) return false;
  return filter.spoke === undefined || record.spoke === filter.spoke;
}

function isWantedDecision(record: DecisionRecord, { spoke, action, effect, path }: AuditFilter): boolean {
  if (spoke !== undefined && record.principal !== `spoke:${spoke}`) return false;
  if (action !== undefined && record.action !== action) return false;
  if (effect !== undefined && record.effect !== effect) return false;
  return path === undefined || isBelow(record.target, path) || isBelow(record.resource, path);
}

function isBelow(found: string | null, path: string): boolean {
  return found !== null && (found === path || found.startsWith(path === '/' ? path : `${path}/`));
}

function absolutePath(path: string, home: string): string {
  const absolute = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  if (!absolute.startsWith('/')) {
    throw new CliError(
      EXIT.usage,
      `--path: expected an absolute path or one that begins with ~/, found '${path}'`,
    );
  }
  return absolute.replace(/\/+$/, '') || '/';
}

/** A length of time counts back from now; everything else must be a date, or a date and a time. */
function moment(option: string, text: string, now: number): number {
  if (DURATION.test(text)) return now - millisecondsOf(text);
  const date = /^\d{4}-\d\d-\d\d(?:[ T].*)?$/.test(text) ? Date.parse(inOwnZone(text)) : Number.NaN;
  if (!Number.isNaN(date)) return date;
  throw new CliError(
    EXIT.usage,
    `${option}: expected a length of time like 2h, or a date like '2026-01-31' or '2026-01-31 14:00'; found '${text}'`,
  );
}

/** A date without a time is taken for one in UTC by `Date.parse`, and people mean their own. */
function inOwnZone(text: string): string {
  return text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T');
}

import { visibleText } from '../schemas/visible-text.ts';
import { harmlessJson } from './json-text.ts';
import { localTime } from './local-time.ts';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** A line of the daemon log for people: time, level, message, then what else it holds. Other text stays as it is. */
export function logLineText(line: string): string {
  const entry = parseEntry(line);
  if (entry === null) return visibleText(line);
  const { time, level, msg, pid: _pid, hostname: _hostname, ...rest } = entry;
  const when = typeof time === 'number' || typeof time === 'string' ? localTime(time) : '';
  const how = typeof level === 'number' ? (LEVELS[level] ?? String(level)) : String(level ?? '');
  const fields = Object.entries(rest).map(([key, value]) => `${visibleText(key)}=${fieldText(value)}`);
  const words = [visibleText(when), visibleText(how).padEnd(5), visibleText(String(msg ?? '')), ...fields];
  return words
    .filter((word) => word !== '')
    .join(' ')
    .trimEnd();
}

function fieldText(value: unknown): string {
  const error = typeof value === 'object' && value !== null && 'message' in value ? value.message : value;
  if (typeof error !== 'string') return harmlessJson(JSON.stringify(value));
  return /^[^\s"=]+$/.test(error) ? visibleText(error) : `"${visibleText(error)}"`;
}

function parseEntry(line: string): Record<string, unknown> | null {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? (entry as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

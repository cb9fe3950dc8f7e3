import type { ControlReplies } from '../schemas/control-replies.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { span } from './local-time.ts';
import { aligned, indented } from './plain-text.ts';
import { spokesText } from './spokes-text.ts';

type Status = ControlReplies['status'];

/** How the daemon stands: itself, its files, what the user should know, then the spokes. */
export function statusText(status: Status, home: string): string {
  const { files, overrides, warm } = status;
  const short = (path: string) => shortPath(path, home);
  const facts = aligned([
    ['daemon', `running, pid ${status.pid}, version ${status.version}, up ${span(status.uptime_ms)}`],
    ['strict mode', status.strict ? 'on' : 'off'],
    ['overrides', `${short(overrides.file)} (${standing(status)})`],
    ['security log', short(files.security)],
    ['audit log', short(files.audit)],
    ['daemon log', short(files.log)],
    // A daemon of an earlier version says nothing of it.
    ...(warm?.pid ? [['warm process', `${warm.state}, pid ${warm.pid}`] as const] : []),
  ]);
  const problems = overrides.problems.map(indented).join('');
  const notes = status.notes.map((note) => `note: ${visibleText(note)}\n`).join('');
  return [facts, problems, notes, spokesText(status, home)].filter((block) => block !== '').join('\n');
}

function standing({ strict, overrides }: Status): string {
  if (strict) return 'ignored in strict mode';
  if (overrides.problems.length > 0) return 'as it is now it is not valid and not in force';
  return overrides.in_force ? 'in force' : 'nothing in it';
}

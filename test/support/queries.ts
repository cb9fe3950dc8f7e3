import type { Query } from '../../core/policy/decide.ts';
import type { Anchors } from '../../core/policy/match-path.ts';
import type { PathList } from '../../core/policy/policy.ts';
import type { Action } from '../../schemas/actions.ts';
import type { CommandTarget, PathTarget } from '../../schemas/decision.ts';

export const NOW = Date.parse('2030-01-01T00:00:00Z');
const NO_LINKS: Anchors = new Map();

type Moment = Partial<Pick<Query, 'anchors' | 'now'>>;

/** The question whether an action without an object may happen. */
export function askPlain(action: Action, moment: Moment = {}): Query {
  return { action, target: { kind: 'plain' }, anchors: NO_LINKS, now: NOW, ...moment };
}

/** The question whether a file may be read or written; unless told otherwise a regular file, at the path asked for. */
export function askPath(
  action: PathList,
  asked: string,
  { anchors = NO_LINKS, now = NOW, ...truth }: Moment & Partial<Omit<PathTarget, 'kind' | 'asked'>> = {},
): Query {
  const target = { kind: 'path', asked, real: asked, found: 'file', kernelFs: null, ...truth } as const;
  return { action, target, anchors, now };
}

/** The question whether a command may run. A program in /usr/bin is the one that PATH finds. */
export function askExec(argv: readonly string[], moment: Moment = {}): Query {
  return { action: 'exec', target: commandTarget(argv), anchors: NO_LINKS, now: NOW, ...moment };
}

/** The question whether an action of the root executor may be done. */
export function askPrivileged(name: string, moment: Moment = {}): Query {
  const target = { kind: 'privileged', action: name, params: {}, argv: [] } as const;
  return { action: 'privileged', target, anchors: NO_LINKS, now: NOW, ...moment };
}

export function commandTarget(argv: readonly string[]): CommandTarget {
  const program = argv[0] ?? '';
  const bare = program.startsWith('/usr/bin/') ? [program.slice('/usr/bin/'.length)] : [];
  return { kind: 'command', argv, names: [program, ...bare] };
}

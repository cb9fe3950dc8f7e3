import type { Action } from '../../schemas/actions.ts';
import type { Target } from '../../schemas/decision.ts';
import { showText, showWords } from './show-words.ts';

/** Exactly what a person is asked about. Two are the same where their keys are. */
export interface Content {
  readonly principal: string;
  readonly action: Action;
  readonly target: Target;
  /** Where a command runs; null for what is none. */
  readonly cwd: string | null;
  /** What is shown of it. */
  readonly shown: string;
  readonly key: string;
}

export function contentOf(principal: string, action: Action, target: Target, cwd: string | null): Content {
  return {
    principal,
    action,
    target,
    cwd: target.kind === 'command' ? cwd : null,
    shown: shownOf(action, target),
    key: JSON.stringify([principal, action, exactOf(target), target.kind === 'command' ? cwd : null]),
  };
}

/** All by which one target is another than the next. */
function exactOf(target: Target): readonly unknown[] {
  switch (target.kind) {
    case 'command':
      return target.argv;
    case 'path':
      return [target.real];
    case 'privileged':
      return [target.action, Object.entries(target.params).sort(([a], [b]) => (a < b ? -1 : 1)), target.argv];
    case 'plain':
      return [];
  }
}

function shownOf(action: Action, target: Target): string {
  if (target.kind === 'command') return showWords(target.argv);
  if (target.kind === 'privileged') return `as root, ${target.action}: ${showWords(target.argv)}`;
  return target.kind === 'path' ? showText(target.real) : action;
}

import type { Code } from '../../schemas/codes.ts';
import type { Decision, Target } from '../../schemas/decision.ts';
import type { Failure } from '../../schemas/wire.ts';
import { NO_FILE } from '../policy/decide.ts';
import type { About } from './input.ts';

/** Reasons that are given only for what lies in the grants of the spoke, which may know what is there. */
const TOLD: ReadonlySet<string> = new Set(Object.values(NO_FILE));

/**
 * What a spoke is told of a denial, and the entry that would allow it. For a path the words are the same whatever the
 * reason was: any other would tell of what is there.
 */
export function denied(id: number, about: About, target: Target, decision: Decision): Failure {
  const entry = entryFor(about, target);
  if (target.kind === 'path') {
    const what = `${about.action} of ${target.asked} is denied`;
    if (TOLD.has(decision.reason)) return failure(id, 'denied', `${what}: ${decision.reason}`);
    return withEntry(id, what, entry);
  }
  const what = `${about.action} is denied: ${decision.viaOverride ? 'the user does not allow it' : decision.reason}`;
  if (decision.rule !== null) return failure(id, 'denied', what);
  return withEntry(id, what, entry);
}

function withEntry(id: number, what: string, entry: string): Failure {
  return { id, ok: false, code: 'denied', error: `${what}; an entry that would allow it: ${entry}`, entry };
}

function entryFor({ action, resource }: About, target: Target): string {
  if (target.kind === 'path') {
    const path = target.asked.replace(/[*?[\]{}\\]/g, '\\$&');
    return `${action}: [${yamlWord(target.look === 'names' ? `${path === '/' ? '' : path}/*` : path)}]`;
  }
  if (target.kind === 'command') return `${action}: [${yamlWord(resource ?? '')}]`;
  return target.kind === 'privileged' ? `${action}: [${target.action}]` : `${action}: true`;
}

/** Text as one item of a YAML list: a JSON string is one, whatever is in it. */
function yamlWord(text: string): string {
  return /^[\w/~][\w/~.@%+= -]*$/.test(text) ? text : JSON.stringify(text);
}

export function failure(id: number, code: Code, error: string): Failure {
  return { id, ok: false, code, error };
}

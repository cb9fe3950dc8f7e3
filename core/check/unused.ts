import type { Rule } from '../../schemas/decision.ts';
import type { Unused, UnusedRight } from '../../schemas/replay.ts';
import { AxiumError } from '../errors.ts';
import { matchingRules } from '../policy/matching-rules.ts';
import { PATH_LISTS, type Policy, type Said } from '../policy/policy.ts';
import { shownRule } from '../question.ts';
import { recordedRequests } from './recorded.ts';
import { replayUnder } from './replaying.ts';
import { loadOverrides, openSite, type Site } from './site.ts';

export interface UnusedQuestion {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** One spoke, or null for all. */
  readonly spoke: string | null;
}

/** The rights that no allowed request on record has used. `net` is not among them: its use is on no record. */
export async function unusedRights(site: Site, { since, spoke }: UnusedQuestion): Promise<Unused> {
  const open = await openSite(site);
  if (spoke !== null && !open.book.get(spoke))
    throw new AxiumError('not_found', `spoke '${spoke}' not found`);
  const overrides = await loadOverrides(open);
  const replay = replayUnder(open, overrides);
  const { requests, begins } = await recordedRequests(site, since);
  const used = new Set<Rule>();
  const usedActions = new Set<string>();
  for (const request of requests) {
    if (request.effect === 'deny') continue;
    usedActions.add(`${request.spoke} ${request.action}`);
    const now = await replay(request);
    if (now) for (const rule of matchingRules(now.policy, now.query)) used.add(rule);
  }
  const rights = open.rightsUnder(overrides, false);
  const asked = open.book.list().filter(({ manifest: { name } }) => spoke === null || name === spoke);
  return {
    begins,
    rights: asked.flatMap((loaded): readonly UnusedRight[] => {
      const { name } = loaded.manifest;
      const [policy] = rights.of(loaded).policies;
      const lineOf = ({ origin }: Rule) => {
        const text = origin.file === loaded.file ? loaded.text : overrides.text;
        return text.split('\n')[origin.line - 1]?.trim() ?? '';
      };
      const left = [
        ...entriesOf(policy).filter((rule) => !used.has(rule)),
        ...switchesOf(policy).filter((rule) => !usedActions.has(`${name} ${rule.action}`)),
      ];
      return left.map((rule) => ({ spoke: name, rule: shownRule(rule), line: lineOf(rule) }));
    }),
  };
}

function entriesOf({ paths, exec, privileged }: Policy): readonly Rule[] {
  const commands = typeof exec.value === 'object' ? exec.value : [];
  return [
    ...[...PATH_LISTS.flatMap((list) => paths[list]), ...commands].map(({ rule }) => rule),
    ...privileged,
  ];
}

function switchesOf({ switches, exec }: Policy): readonly Rule[] {
  const rule = (
    action: 'notify' | 'facts' | 'exec',
    { value, source, origin }: Said<unknown>,
  ): readonly Rule[] =>
    origin === null || (value !== true && value !== 'ask')
      ? []
      : [{ action, pattern: String(value), effect: value === 'ask' ? 'ask' : 'allow', source, origin }];
  return [...rule('exec', exec), ...rule('notify', switches.notify), ...rule('facts', switches.facts)];
}

import type { Replay, ReplayDifference } from '../../schemas/replay.ts';
import { shownRule } from '../question.ts';
import { formatProblem, InvalidFile } from '../registry/problem.ts';
import { recordedRequests } from './recorded.ts';
import { replayUnder } from './replaying.ts';
import { compileOverrides, openSite, type Site, unmetIn } from './site.ts';

export interface TryQuestion {
  /** The candidate, and the name by which its rules are told. */
  readonly text: string;
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What would have been decided otherwise if this had been permissions.yaml. */
export async function tryCandidate(site: Site, { text, file, since }: TryQuestion): Promise<Replay> {
  const open = await openSite(site);
  const nothing = { differences: [], replayed: 0, skipped: 0, begins: null };
  try {
    const candidate = compileOverrides(open, text, file);
    const unmet = unmetIn(open, candidate);
    if (unmet.length > 0) throw new InvalidFile(unmet);
    const replay = replayUnder(open, candidate);
    const { requests, begins, more } = await recordedRequests(site, since);
    const differences: ReplayDifference[] = [];
    let [replayed, skipped] = [0, more];
    for (const request of requests) {
      // What a person has said yes to for good is not the file's to say.
      const now = request.rule?.source === 'grant' ? null : await replay(request);
      if (now === null) skipped += request.count;
      else replayed += request.count;
      if (now === null || now.decision.effect === request.effect) continue;
      const { spoke, action, resource, target, effect, count, last } = request;
      const { reason, rule } = now.decision;
      differences.push({
        ...{ spoke, action, resource, target, was: effect, now: now.decision.effect, reason },
        ...{ rule: rule && shownRule(rule), count, last },
      });
    }
    return { ok: true, problems: [], differences, replayed, skipped, begins };
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return { ok: false, problems: error.problems.map(formatProblem), ...nothing };
  }
}

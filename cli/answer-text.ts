import type { Answer, ShownRule } from '../schemas/answer.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { localTime } from './local-time.ts';
import { patternText } from './permissions-text.ts';
import { commandText } from './plain-text.ts';

const WORDS = { allow: 'yes', ask: 'ask', deny: 'no' } as const;

/** What would be decided, the rule that decides and every other that matches, each with its place. */
export function answerText(answer: Answer, home: string): string {
  const { effect, reason, rule, others, resource, target } = answer;
  const real = target === null || answer.action === 'exec' ? target : shortPath(target, home);
  const asked = resource === null ? null : shortPath(resource, home);
  const really =
    real === null || real === asked || answer.action === 'privileged'
      ? []
      : [`  really   ${realText(answer.action, real)}`];
  return [
    `${WORDS[effect]}: ${visibleText(reason)}`,
    ...really,
    ...(rule === null ? [] : [`  decides  ${ruleText(rule, home)}`]),
    ...others.map((other) => `  matches  ${ruleText(other, home)}`),
    '',
  ].join('\n');
}

/** A rule and its place: `~/.config/axium/permissions.yaml:4:7  deny fs_read: ~/notes/** (override)`. */
export function ruleText(rule: ShownRule, home: string): string {
  const { origin, effect, action, pattern, source, expires, why } = rule;
  const until = expires === null ? '' : ` until ${localTime(expires)}`;
  const because = why === null ? '' : `: ${why}`;
  const where = visibleText(shortPath(origin, home));
  return `${where}  ${effect} ${action}: ${patternText(pattern)} (${source})${visibleText(until + because)}`;
}

function realText(action: string, real: string): string {
  return visibleText(action === 'exec' ? commandText(JSON.parse(real) as string[]) : real);
}

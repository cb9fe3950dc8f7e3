import type { Config } from '../schemas/config.ts';
import type { Effect } from '../schemas/decision.ts';
import { AxiumError } from './errors.ts';
import { compileCommand } from './policy/match-command.ts';
import type { PeopleRules, PersonRule } from './policy/people.ts';

const compiled = new WeakMap<Config['people'], PeopleRules>();

/** What `people` of config.yaml says, compiled once for as long as it says so. */
export function peopleRules(config: Config['people'], file: string): PeopleRules {
  const known = compiled.get(config);
  if (known) return known;
  const made: PeopleRules = {
    deny: config.deny.map((text) => personRule(text, 'deny', file)),
    allow: config.allow.map((text) => personRule(text, 'allow', file)),
    destructive: config.destructive.map((text) => text.split(' ').filter((word) => word !== '')),
  };
  compiled.set(config, made);
  return made;
}

function personRule(text: string, effect: Effect, file: string): PersonRule {
  const pattern = compileCommand(text);
  // The schema has let through nothing of the kind; a rule that cannot be read must not be passed over.
  if ('problem' in pattern)
    throw new AxiumError('invalid_file', `${file}: people.${effect}: ${pattern.problem}`);
  const origin = { file, line: 0, column: 0 };
  return { rule: { action: 'exec', pattern: text, effect, source: 'system', origin }, pattern: pattern.ok };
}

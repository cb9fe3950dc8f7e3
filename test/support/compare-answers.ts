import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Policy } from '../../core/policy/policy.ts';
import { answerQuestion } from '../../core/question.ts';
import { createAnchorFinder } from '../../core/registry/anchors.ts';
import type { Action } from '../../schemas/actions.ts';
import type { Answer } from '../../schemas/answer.ts';
import type { DecisionEntry } from '../../schemas/audit.ts';
import { makeWorld, SUBJECT } from '../broker/support/broker-world.ts';
import { countPortals, preparing } from '../broker/support/counting-portals.ts';
import { overridesData, permissionBlock } from './arbitrary-rights.ts';
import { createPowers } from './powers.ts';
import { compileRights, manifestText } from './rights.ts';

/** Questions under each policy. */
export const QUESTIONS = 50;

interface Asked {
  readonly action: Action;
  readonly resource: string | null;
}

/** How a spoke would ask for the same. */
function messageFor({ action, resource }: Asked): { cmd: string } & Record<string, unknown> {
  if (action === 'fs_read') return { cmd: 'fs_read', path: resource };
  if (action === 'fs_write') return { cmd: 'fs_write', path: resource, data: '' };
  if (action === 'exec') return { cmd: 'daemon_exec', command: resource };
  if (action === 'privileged') return { cmd: 'privileged', action: resource, params: {} };
  return action === 'notify' ? { cmd: 'notify', title: 'x' } : { cmd: 'facts' };
}

const name = fc.constantFrom('a', 'b', 'ab', '.bashrc', '.a', 'link', 'gone', '.git');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`);
const request: fc.Arbitrary<Asked> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ action: fc.constantFrom<Action>('fs_read', 'fs_write'), resource: path }),
  },
  fc.record({
    action: fc.constant<Action>('exec'),
    resource: fc.constantFrom('git log -3', 'git', 'aws sso', '/usr/bin/env x', 'sh', 'nosuchprogram'),
  }),
  fc.record({
    action: fc.constant<Action>('privileged'),
    resource: fc.constantFrom('restart_service', 'renice'),
  }),
  fc.record({ action: fc.constantFrom<Action>('notify', 'facts'), resource: fc.constant(null) }),
);

/** The generated patterns of a home, as those of the home that is really there. */
function atHome(data: object, home: string): string {
  return JSON.stringify(data)
    .replaceAll('/home/ada', home)
    .replaceAll('"/', `"${home}/`)
    .replaceAll(home + home, home);
}

/** Of an action of root the name decides, and a question has no words of it. */
const plain = ({ action, effect, reason, target, rule, policy }: Answer | DecisionEntry) => ({
  effect,
  reason,
  target: action === 'privileged' ? null : target,
  policy,
  rule: rule && { pattern: rule.pattern, effect: rule.effect, source: rule.source, origin: rule.origin },
});

/** Asks what would be decided, has a spoke ask for the same, and expects that both come to the same by the same rule. */
export async function compareAnswers(policyCount: number): Promise<void> {
  let policies: readonly Policy[] = [];
  const findAnchors = createAnchorFinder(createPowers());
  const idle = countPortals(preparing({ perform: () => Promise.resolve({}) }));
  const world = await makeWorld({
    changed: (input) => ({
      ...idle.changed(input),
      policies: () => ({ policies, hash: 'the policy' }),
      anchors: async (all) => new Map((await Promise.all(all.map(findAnchors))).flatMap((map) => [...map])),
    }),
  });
  for (const directory of ['a/b', 'ab/a', 'b/.git'])
    mkdirSync(`${world.home}/${directory}`, { recursive: true });
  for (const file of ['a/a', 'a/b/a', 'a/b/b', 'ab/.bashrc', '.bashrc', 'b/ab'])
    writeFileSync(`${world.home}/${file}`, '');
  symlinkSync('a', `${world.home}/link`);
  symlinkSync(`${world.home}/b/ab`, `${world.home}/a/link`);
  symlinkSync('/proc', `${world.home}/gone`);

  const seen = new Set<string>();
  let asked = 0;
  const cases = fc.sample(
    fc.record({
      base: permissionBlock,
      overrides: overridesData,
      questions: fc.array(request, { minLength: QUESTIONS, maxLength: QUESTIONS }),
    }),
    { numRuns: policyCount, seed: 7 },
  );
  for (const { base, overrides, questions } of cases) {
    const { policy } = compileRights({
      manifest: manifestText(atHome(base, world.home)),
      overrides: atHome(overrides, world.home),
    });
    policies = [policy];
    const all = questions.map(({ action, resource }) => ({
      action,
      resource: !action.startsWith('fs_') || resource === null ? resource : world.home + resource,
    }));
    const [answers] = await Promise.all([
      Promise.all(all.map((one) => answerQuestion(world.input, { spoke: SUBJECT.spoke, ...one }))),
      Promise.all(all.map((one) => world.ask(messageFor(one)))),
    ]);
    const decided = new Map<string, DecisionEntry>();
    // Of a request that asks a person the first record is the decision, and the second one that nobody answered.
    for (const one of world.audit.decisions()) if (!decided.has(one.request)) decided.set(one.request, one);
    const inOrder = all.map((_, index) => decided.get(`r${asked + index + 1}`));
    asked += all.length;
    expect(answers.map(plain)).toEqual(inOrder.map((one) => one && plain(one)));
    for (const { action, effect } of answers) seen.add(`${action} ${effect}`);
    world.audit.entries.length = 0;
  }
  expect(world.defects).toEqual([]);
  // What never came out either way would have shown nothing.
  for (const action of ['fs_read', 'fs_write', 'exec', 'privileged']) {
    for (const effect of ['allow', 'ask', 'deny']) expect(seen).toContain(`${action} ${effect}`);
  }
}

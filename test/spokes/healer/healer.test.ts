import { describe, expect, test } from 'vitest';
import { createAttempt } from '../../../spokes/healer/attempt.mjs';
import { createHealer } from '../../../spokes/healer/healer.mjs';
import { learn, parseKnowledge } from '../../../spokes/healer/knowledge.mjs';
import { metricsText } from '../../../spokes/healer/metrics.mjs';
import { makePlan, remedyKey } from '../../../spokes/healer/plan.mjs';
import type { Axium, Facts, PrivilegedOutcome } from '../../../spokes/runtime/api.mts';
import { AxiumFailure } from '../../../spokes/runtime/failure.mts';
import { WELL } from './facts.ts';

const BROKEN: Facts = {
  ...WELL,
  failed_units: ['a.service'],
  generations: { current: 7, previous: 6, previous_made_ms: 0 },
};
const DONE: PrivilegedOutcome = {
  success: true,
  needsAuth: false,
  via: 'executor',
  code: 0,
  stdout: '',
  stderr: '',
};

/** A daemon as far as this spoke knows one. What is refused is refused with that code. */
function makeWorld(config: object = {}) {
  const world = {
    facts: BROKEN,
    refused: new Set<string>(),
    outcome: DONE,
    /** What an action of root does to the facts. */
    effect: () => {},
    asked: [] as string[],
    notices: [] as string[],
    storage: new Map<string, string>(),
    written: [] as string[],
    now: 0,
  };
  const may = <T>(what: string, value: () => T): Promise<T> =>
    world.refused.has(what)
      ? Promise.reject(new AxiumFailure('denied', `${what} is denied`))
      : Promise.resolve(value());
  const axium = {
    config: () => may('config', () => config),
    facts: () => may('facts', () => world.facts),
    hud: () => may('hud', () => {}),
    notify: ({ title, body = '' }: { title: string; body?: string }) =>
      may('notify', () => void world.notices.push(`${title}: ${body}`)),
    privileged: (action: string, params: object) =>
      may('privileged', () => {
        world.asked.push(`${action} ${JSON.stringify(params)}`);
        world.effect();
        return world.outcome;
      }),
    storage: {
      get: (key: string) => may('storage', () => world.storage.get(key) ?? null),
      put: (key: string, value: string) => may('storage', () => void world.storage.set(key, value)),
      list: () => may('storage', () => [...world.storage.keys()]),
      delete: (key: string) => may('storage', () => void world.storage.delete(key)),
    },
  } as unknown as Axium;
  const attempt = createAttempt((line) => world.written.push(line));
  const clock = { now: () => world.now, wait: () => Promise.resolve() };
  return { world, healer: createHealer(axium, attempt, clock) };
}

const heal = async ({ healer }: ReturnType<typeof makeWorld>) => {
  await healer.look();
  const [step] = healer.plan();
  return step ? healer.heal(step) : 'nothing';
};

test('what is wrong is told once, and again only after it was well', async () => {
  const { world, healer } = makeWorld();
  await healer.check();
  await healer.check();
  expect(world.notices).toEqual([
    'Something is wrong: the unit a.service has failed\nRun: axium healer plan',
  ]);
  world.facts = WELL;
  await healer.check();
  world.facts = BROKEN;
  await healer.check();
  expect(world.notices).toHaveLength(2);
});

test('nothing is asked for unless somebody says so: a look plans and does not act', async () => {
  const { world, healer } = makeWorld();
  await healer.check();
  expect(healer.plan()).toMatchObject([
    { issue: 'failed_unit:a.service', remedy: { action: 'restart_service', params: { unit: 'a.service' } } },
  ]);
  expect(world.asked).toEqual([]);
});

test('what helped is kept, with how it was before; what did not help is tried last the next time', async () => {
  const made = makeWorld();
  const { world, healer } = made;
  expect(await heal(made)).toBe('failed_unit:a.service: restart_service: it did not help');
  expect(healer.plan()[0]?.remedy?.action).toBe('rollback_generation');
  world.effect = () => {
    world.facts = WELL;
  };
  expect(await heal(made)).toBe('failed_unit:a.service: rollback_generation: it helped');
  world.facts = BROKEN;
  world.effect = () => {};
  // Another run of the spoke knows it from its storage.
  const next = makeWorld();
  for (const [key, value] of world.storage) next.world.storage.set(key, value);
  await next.healer.look();
  expect(next.healer.plan()[0]?.remedy?.action).toBe('rollback_generation');
  const backups = [...world.storage]
    .filter(([key]) => key.startsWith('backup-'))
    .map(([, text]) => JSON.parse(text));
  expect(backups[0]).toMatchObject({ issue: 'failed_unit:a.service', failed_units: ['a.service'] });
});

test('by itself it asks only where its configuration says so, and not for the same again and again', async () => {
  const { world, healer } = makeWorld({ auto: true, retry_seconds: 100 });
  await healer.check();
  await healer.check();
  await Promise.resolve();
  expect(world.asked).toHaveLength(1);
});

describe('without the right to', () => {
  test.each(['config', 'facts', 'hud', 'notify', 'privileged', 'storage'])(
    '%s it reports and goes on',
    async (what) => {
      const made = makeWorld();
      made.world.refused.add(what);
      expect(await made.healer.check()).toBe(60);
      await heal(made);
      expect(made.world.written.some((line) => line.includes(': denied: '))).toBe(true);
      expect(
        metricsText(made.healer.state().facts, made.healer.state().issues, made.healer.state().counts),
      ).toContain('axium_healer_issues');
    },
  );

  test('root it passes on what a person could run', async () => {
    const made = makeWorld();
    made.world.outcome = { success: false, needsAuth: true, suggestion: 'Run manually: sudo x' };
    expect(await heal(made)).toBe('failed_unit:a.service: Run manually: sudo x');
    expect(made.world.notices.at(-1)).toBe('A person has to do it: Run manually: sudo x');
    expect(made.healer.state().counts).toEqual({ tried: 0, helped: 0, refused: 0, needsAuth: 1 });
  });
});

test('the metrics are what Prometheus reads: whole lines, labels escaped, and nothing that is not known', () => {
  const disks = [{ mount: '/a"b\\c', total: 10, free: 5, inodes: 1, inodes_free: 1 }];
  const text = metricsText({ ...WELL, memory: null, disks }, [], {
    tried: 3,
    helped: 2,
    refused: 1,
    needsAuth: 0,
  });
  expect(text).toContain('axium_healer_disk_free_bytes{mount="/a\\"b\\\\c"} 5');
  expect(text).toContain('axium_healer_actions_total{outcome="not_helped"} 1');
  expect(text).not.toContain('memory_');
  for (const line of text.split('\n'))
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{.*\})? [\d.]+)$/);
});

test('what is known is kept within bounds, and what no version of this wrote is nothing', () => {
  let knowledge = {};
  for (let n = 0; n < 600; n += 1) knowledge = learn(knowledge, `k${n}`, n % 2 === 0, n);
  expect(Object.keys(knowledge)).toHaveLength(500);
  expect(Object.hasOwn(knowledge, 'k599')).toBe(true);
  expect([null, 'null', '[]', '{', '{"a":1}'].map(parseKnowledge)).toEqual([{}, {}, {}, {}, {}]);
});

test('a plan is data, and says for what there is no action too', () => {
  const disk = { id: 'disk:/', kind: 'disk', about: '/', text: 'full' } as const;
  const [step] = makePlan([disk], {}, { canRollBack: false, hasGovernors: false });
  expect(JSON.parse(JSON.stringify(step))).toEqual({ ...step, remedy: null, others: [] });
  expect(step?.advice).toContain('du ');
  expect(remedyKey({ issue: 'x' }, { action: 'a', params: {} })).toBe('x a {}');
});

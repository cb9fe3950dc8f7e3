import { expect, test } from 'vitest';
import { confinementOf } from '../core/confinement.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import { configSchema, type Level } from '../schemas/config.ts';

const sandbox = (level: Sandbox['level']): Sandbox => ({
  level,
  start() {
    throw new Error('started');
  },
});
const HOST = { best: sandbox('kernel'), worker: sandbox('none'), plain: sandbox('none'), reports: [] };
const of = (config: object, spoke = 'creds') =>
  confinementOf(HOST, configSchema.parse({ sandbox: config }).sandbox, spoke);

test('a spoke that needs more than there is is refused, and another one is not', () => {
  expect(of({ spokes: { creds: { require: 'strong' } } }).isRefused).toBe(true);
  expect(of({ spokes: { creds: { require: 'strong' } } }, 'nosy').isRefused).toBe(false);
  expect(of({ spokes: { creds: { isolation: 'worker' } } }).isRefused).toBe(false);
});

test('what runs a spoke in another way is another setting for that spoke alone, and what does not is none', () => {
  const usual = of({}).setting;
  const changes = [
    { spokes: { creds: { require: 'strong' } } },
    { spokes: { creds: { isolation: 'worker' } } },
    { memory: 64 },
  ];
  expect(new Set([usual, ...changes.map((config) => of(config).setting)]).size).toBe(4);
  expect(changes.slice(0, 2).map((config) => of(config, 'nosy').setting)).toEqual([usual, usual]);
  for (const config of [
    { require: 'seatbelt' },
    { busy: '5s' },
    { spokes: { creds: { require: 'none' } } },
  ]) {
    expect(of(config).setting).toBe(usual);
  }
});

test('below what the host requires no spoke runs, whatever its user allows, and above it nothing changes', () => {
  const under = (require: Level | null, config: object = {}) =>
    confinementOf(HOST, configSchema.parse({ sandbox: config }).sandbox, 'creds', 'node', {
      require,
      file: '/etc/axium/policy.yaml',
    });
  expect(under('kernel')).toEqual(of({}));
  expect(under(null)).toEqual(of({}));
  const refused = [
    under('strong'),
    under('strong', { spokes: { creds: { require: 'none' } } }),
    under('kernel', { spokes: { creds: { isolation: 'worker' } } }),
  ];
  expect(refused.map(({ isRefused }) => isRefused)).toEqual([true, true, true]);
  expect(() => refused[2]?.sandbox.start({ directory: '/', module: 'main.mjs' })).toThrow(
    "it needs confinement 'kernel', as /etc/axium/policy.yaml says, and gets 'none'",
  );
});

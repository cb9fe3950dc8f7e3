import { describe, expect, it } from 'vitest';
import { configSchema, durationSchema } from '../../schemas/config.ts';

describe('a length of time', () => {
  it.each([
    ['1ms', 1],
    ['90s', 90_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s', (text, ms) => {
    expect(durationSchema.parse(text)).toBe(ms);
  });

  it.each(['', '0s', '-1s', '5', '5 m', '1.5h', '5M', '5m\n', 'm', '12345678s', '5mm'])('not %j', (text) => {
    expect(durationSchema.safeParse(text).success).toBe(false);
  });
});

it('an empty configuration is the documented defaults', () => {
  expect(configSchema.parse({})).toMatchObject({
    spokes: { bundled: [] },
    exec: { env: [], timeout: 300_000 },
    storage: { quota: 10_485_760 },
  });
});

it('a spoke is a process of its own unless its user says otherwise', () => {
  const spokes = { report: { require: 'none' }, own: { isolation: 'worker' } };
  expect(configSchema.parse({ sandbox: { spokes } }).sandbox.spokes).toEqual({
    report: { require: 'none', isolation: 'process' },
    own: { isolation: 'worker' },
  });
});

describe('a configuration is refused', () => {
  it.each([
    ['with an unknown section', { wibble: {} }],
    ['with an unknown key', { spokes: { enabled: [] } }],
    ['with a spoke of a reserved name', { spokes: { bundled: ['system'] } }],
    ['with a relative directory of commands', { exec: { path: ['bin'] } }],
    ['with several directories in one entry', { exec: { path: ['/bin:/usr/bin'] } }],
    ['with something else than the name of a variable', { exec: { env: ['A=B'] } }],
    ['with a negative quota', { storage: { quota: -1 } }],
    ['with an environment that is a path', { environment: '../x' }],
    ['with another isolation', { sandbox: { spokes: { report: { isolation: 'thread' } } } }],
    ['with an isolation of all spokes', { sandbox: { isolation: 'worker' } }],
    ['with a quota that is text', { storage: { quota: '10M' } }],
  ])('%s', (_, config) => {
    expect(configSchema.safeParse(config).success).toBe(false);
  });
});

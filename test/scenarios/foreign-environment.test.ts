import { expect, it, onTestFinished } from 'vitest';
import { describeConfinement, HOLDING, PLAIN } from './support/levels.ts';
import { lookAround } from './support/look-around.ts';

const EXPECTED = ['HOME', 'OPENSSL_CONF', 'PWD'];

for (const at of [PLAIN, ...HOLDING]) {
  it(`a spoke finds none of the daemon's variables in its environment ${describeConfinement(at)}`, async (ctx) => {
    for (const [name, value] of Object.entries({
      AXIUM_TEST_TOKEN: 'hunter2',
      NODE_OPTIONS: '--no-deprecation',
    })) {
      const before = process.env[name];
      process.env[name] = value;
      onTestFinished(() => {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      });
    }
    const found = await lookAround(ctx, at, {
      'look.mjs': 'export const look = () => Object.entries(process.env);\n',
    });
    const names = (found as [string, string][]).map(([name]) => name);
    expect(names.filter((name) => !EXPECTED.includes(name))).toEqual([]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
}

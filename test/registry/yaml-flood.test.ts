import { expect, it } from 'vitest';
import { createStepCounter } from '../support/count-steps.ts';

// Each error of the library takes a stack trace, which is what makes a text of nothing but errors dear.
const ERRORS_OF_YAML = /\/node_modules\/yaml\/dist\/errors\.js$/;

it.each([
  ['brackets that close nothing', '}'.repeat(60_000)],
  ['brackets that close nothing, one a line', '- }\n'.repeat(15_000)],
  ['flow collections in a row', '{}'.repeat(30_000)],
  ['quotes', '"'.repeat(60_000)],
  ['directives', '%\n'.repeat(30_000)],
])('of %s no more errors are made than are told', async (_, text) => {
  const counter = await createStepCounter((url) => ERRORS_OF_YAML.test(url));
  try {
    const { parseYaml } = await import('../../core/registry/yaml-document.ts');
    const stepsFor = (flood: string) =>
      counter.count(() => expect(() => parseYaml('f.yaml', flood)).toThrow());
    const few = await stepsFor('a: }');
    expect(few).toBeGreaterThan(0);
    expect(await stepsFor(text)).toBeLessThan(100 * few);
  } finally {
    counter.close();
  }
});

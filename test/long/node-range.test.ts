import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { otherNode } from './support/other-node.ts';

/** The versions that spokes are run on beside the one that runs the tests, which `npm test` is for. */
const OTHERS = [20, 22, 24, 26].filter((major) => !process.version.startsWith(`v${major}.`));

/** Every attack of a spoke on Node, and what an honest one must still be able to do. Commands do not depend on its Node. */
const SUITE = [
  'test/scenarios/',
  ...['exec', 'host', 'program', 'python'].map((kind) => `--exclude=test/scenarios/${kind}-*`),
  ...['benign-workload', 'processes', 'spoke-node', 'survey', 'typescript'].map(
    (name) => `test/sandbox/${name}.test.ts`,
  ),
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = `${ROOT}node_modules/vitest/vitest.mjs`;

it.for(OTHERS)(
  'every attack fails and every honest spoke works where spokes run on Node %i',
  async (major, { skip }) => {
    const node = await otherNode(major);
    if ('missing' in node) return skip(node.missing);
    const { code, said } = await runSuite(node.path);
    const lines = said.split('\n').map((line) => line.trim());
    // What this machine lacks is said once for each attack.
    for (const line of lines.filter((line) => line.startsWith('↓'))) console.log(`Node ${major}: ${line}`);
    expect(lines.filter((line) => line.startsWith('×'))).toEqual([]);
    expect({ code, summary: said.slice(-2000) }).toMatchObject({ code: 0 });
  },
);

/** Runs the suite in a process of its own, as this Node, with spokes that run on another. */
async function runSuite(spokeNode: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  const child = spawn(process.execPath, [VITEST, 'run', '--reporter=verbose', ...SUITE], {
    cwd: ROOT,
    env: { PATH, HOME, TMPDIR, LANG, NO_COLOR: '1', AXIUM_TEST_NODE: spokeNode },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, said };
}

// Prints how long a spoke takes from its start to ready, and how much memory it then has, at each level and as a ratio to
// a plain child. The levels take turns, so that whatever else the machine does meets all of them alike.
//
//   npm run bench -- levels [--rounds 41] [--node PATH]
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { median } from './support/figure.mjs';
import { askNode, buildSandboxes, startOnce } from './support/sandboxes.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '41' }, node: { type: 'string', default: process.execPath } },
});
const rounds = Number(options.rounds);
const node = realpathSync(options.node);

const directory = realpathSync(mkdtempSync(`${tmpdir()}/axium-bench-`));
try {
  const spoke = `${directory}/spoke`;
  mkdirSync(spoke);
  writeFileSync(`${spoke}/main.mjs`, 'export function register() {}\n');
  const sandboxes = await buildSandboxes(directory, node);
  /** @type {Map<string, {ms: number, bytes: number}[]>} */
  const measured = new Map();
  // The first start of each, which fills the caches, is not counted.
  for (const [level, sandbox] of sandboxes) {
    try {
      await startOnce(sandbox, spoke);
      measured.set(level, []);
    } catch (error) {
      console.log(`${level} is left out: ${error instanceof Error ? error.message : error}`);
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another, so that none always follows the same.
    const levels = [...measured.keys()];
    const first = round % levels.length;
    for (const level of [...levels.slice(first), ...levels.slice(0, first)])
      measured.get(level)?.push(await startOnce(sandboxes.get(level), spoke));
  }
  console.log(`Node ${askNode(node, 'process.version')}, medians of ${rounds} rounds\n`);
  console.log('level       start to ready         memory');
  const plain = measured.get('none') ?? [];
  for (const [level, taken] of measured) {
    /** @param {'ms' | 'bytes'} what */
    const of = (what) => {
      const [own, base] = [taken, plain].map((list) => median(list.map((one) => one[what])));
      return { own: own ?? 0, ratio: `x${((own ?? 0) / (base ?? 1)).toFixed(2)}` };
    };
    const [time, memory] = [of('ms'), of('bytes')];
    const [ms, mib] = [`${time.own.toFixed(1)} ms`, `${(memory.own / 1_048_576).toFixed(1)} MiB`];
    console.log(`${level.padEnd(10)} ${ms.padStart(9)}  ${time.ratio}   ${mib.padStart(9)}  ${memory.ratio}`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

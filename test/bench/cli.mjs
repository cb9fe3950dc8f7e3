// What a command takes from the shell and back, beside a bare Node.
import { spawnSync } from 'node:child_process';
import { atMost, interleave, median, ratioOf } from './support/figure.mjs';
import { addSpoke, makeWorld, removeWorld, spokesReady, startDaemon } from './support/world.mjs';

const COMMANDS = /** @type {const} */ ([
  ['--version', 1.5],
  ['hud', 1.5],
  ['--help', 3],
  ['status', 3],
  ['spoke list', 3],
  ['perms list', 3],
  ['perms show bench', 3],
  ['audit tail', 3],
  ['notify drain', 3],
]);

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ rounds }) {
  const world = await makeWorld();
  try {
    await addSpoke(world, 'bench', 'permissions:\n  notify: true\n', 'export function register() {}\n');
    const daemon = await startDaemon(world);
    await spokesReady(world, ['bench']);
    /** @param {readonly string[]} words */
    const run = (words) => {
      const began = performance.now();
      const { status, stderr } = spawnSync(process.execPath, words, { env: world.env, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
      return performance.now() - began;
    };
    const main = `${world.packageRoot}/dist/cli/axium.cjs`;
    const taken = await interleave(
      rounds,
      Object.fromEntries([
        ['bare', () => run(['-e', '0'])],
        ...COMMANDS.map(([words]) => [words, () => run([main, ...words.split(' ')])]),
      ]),
    );
    await daemon.stop();
    const bare = taken.bare ?? [];
    return COMMANDS.map(([words, goal]) => {
      const own = taken[words] ?? [];
      const detail = `${median(own).toFixed(0)} to ${median(bare).toFixed(0)} ms`;
      return atMost(`axium ${words}, to node -e 0`, ratioOf(own, bare), goal, detail);
    });
  } finally {
    await removeWorld(world);
  }
}

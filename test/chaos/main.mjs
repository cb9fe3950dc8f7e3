// npm run chaos -- --rounds 100 --seed 7 --spokes 4: the chaos test, for longer and with another seed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    spokes: { type: 'string', default: '4' },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,8}$/.test(value)) continue;
  console.error(`chaos: --${name}: expected a whole number from 1, found ${value}`);
  process.exit(64);
}
const root = fileURLToPath(new URL('../../', import.meta.url));
const words = ['run', 'test/chaos', '--disable-console-intercept'];
const child = spawn(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...words], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    AXIUM_CHAOS_ROUNDS: values.rounds,
    AXIUM_CHAOS_SEED: values.seed,
    AXIUM_CHAOS_SPOKES: values.spokes,
  },
});
child.on('exit', (code) => process.exit(code ?? 1));

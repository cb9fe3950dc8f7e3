// Runs the benchmarks, one after the other, or the one that is named; further words are for that one.
//
//   npm run bench -- [start|load|isolation] [options]

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BENCHES = ['start', 'load', 'isolation'];

const [named, ...words] = process.argv.slice(2);
if (named !== undefined && !BENCHES.includes(named)) {
  console.error(`bench: expected one of ${BENCHES.join(', ')}; found '${named}'`);
  process.exit(64);
}
for (const bench of named === undefined ? BENCHES : [named]) {
  console.log(`\n${bench}\n`);
  const file = fileURLToPath(new URL(`${bench}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [file, ...words], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

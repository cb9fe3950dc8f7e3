// Takes the figures of this project, each a ratio, and prints them as a table and as JSON.
//
//   npm run bench -- [--quick] [--json] [--no-peers] [CLAIM...]
//   npm run bench -- load|isolation|recovery|levels|growth [options]
//
// `--quick` takes less than a minute, with fewer rounds and without the peers: enough to see what has become much slower.
// It ends with 1 where a figure misses its goal. The second form prints a report of its own; those that have goals end
// in the same way.

import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { holds } from './support/figure.mjs';

const CLAIMS = [
  ...['requests', 'reads', 'decision', 'notify', 'audit'],
  ...['start', 'fifty', 'memory', 'edit', 'cli'],
];
const REPORTS = ['load', 'isolation', 'recovery', 'levels', 'growth'];

const [first = '', ...words] = process.argv.slice(2);
if (REPORTS.includes(first)) {
  const file = fileURLToPath(new URL(`${first}.mjs`, import.meta.url));
  process.exit(spawnSync(process.execPath, [file, ...words], { stdio: 'inherit' }).status ?? 1);
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
  },
});
const unknown = positionals.find((name) => !CLAIMS.includes(name));
if (unknown !== undefined) {
  console.error(`bench: expected one of ${[...CLAIMS, ...REPORTS].join(', ')}; found '${unknown}'`);
  process.exit(64);
}
const options = { quick: values.quick, rounds: values.quick ? 3 : 9, peers: values.peers };
const [processor] = cpus();
const machine = {
  node: process.version,
  cores: cpus().length,
  processor: processor?.model ?? '',
  rounds: options.rounds,
};
const say = (/** @type {string} */ line) => {
  if (!values.json) console.log(line);
};
say(`Node ${machine.node}, ${machine.cores} x ${machine.processor}, medians of ${machine.rounds} rounds\n`);
say('      ratio     goal  load  what');
/** @type {(import('./support/figure.mjs').Figure & {name: string, holds: boolean, load: number})[]} */
const figures = [];
for (const name of positionals.length > 0 ? positionals : CLAIMS) {
  const { measure } = await import(new URL(`${name}.mjs`, import.meta.url).href);
  for (const figure of await measure(options)) {
    const load = Math.round((loadavg()[0] ?? 0) * 10) / 10;
    figures.push({ name, ...figure, holds: holds(figure), load });
    const bound = `${figure.bound === 'at most' ? '<=' : '>='} ${figure.goal}`;
    const ratio = figure.ratio < 0.1 ? figure.ratio.toFixed(4) : figure.ratio.toFixed(2);
    say(
      `${holds(figure) ? '  ' : '- '} ${ratio.padStart(8)} ${bound.padStart(8)} ${String(load).padStart(5)}  ${figure.claim} (${figure.detail})`,
    );
  }
}
say('\nA line that begins with - misses its goal. The figures as JSON:\n');
console.log(JSON.stringify({ ...machine, figures }));
process.exitCode = figures.every((figure) => figure.holds) ? 0 : 1;

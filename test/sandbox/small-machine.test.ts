import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import {
  buildSandbox,
  type Confinement,
  HOLDING,
  hostLacks,
  missingFor,
  realPowers,
  testRuntime,
} from '../scenarios/support/levels.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const strong = HOLDING.filter(({ level }) => level === 'strong');

/** KiB of code that a process has in memory of its own, and in no file. */
function copiedCode(pid: number): number {
  const maps = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = maps.filter((map) => /^\S+ r-xp \S+ 00:00 0\s*$/m.test(map));
  return own.reduce((sum, map) => sum + Number(/^Rss:\s+(\d+) kB/m.exec(map)?.[1]), 0);
}

it.for<Confinement>(strong)(
  'a spoke at strong (permission model: $permissionModel) is told of a small machine, whatever this one has, and V8 copies no code for it',
  async (at, ctx) => {
    const missing = missingFor(at.level);
    if (missing !== null) ctx.skip(missing);
    const directory = makeTemporaryDirectory();
    // The runtime that is installed, with another beginning.
    const code = `const os = require("node:os");
process.stdout.write(String(os.totalmem()));
setInterval(() => {}, 60_000);
`;
    const { directory: installed } = testRuntime();
    writeTree(directory, {
      'runtime/bootstrap.cjs': code,
      'runtime/meminfo': readFileSync(`${installed}/meminfo`, 'utf8'),
      'spoke/main.mjs': '',
    });
    const runtime = { ...testRuntime(at.permissionModel), directory: `${directory}/runtime` };
    const sandbox = await buildSandbox(at, realPowers(), runtime);
    const process = sandbox.start({ directory: `${directory}/spoke`, module: 'main.mjs' });
    onTestFinished(async () => {
      process.kill();
      await process.exited;
    });
    process.channel.on('error', () => {}).resume();
    const said = await new Promise((resolve) => {
      process.stdout.setEncoding('utf8').once('data', resolve);
      process.stderr.setEncoding('utf8').once('data', resolve);
    });
    if (hostLacks(String(said))) ctx.skip(String(said));
    expect(said).toBe('4096000000');
    expect(copiedCode(process.pid() ?? 0)).toBeLessThan(512);
  },
);

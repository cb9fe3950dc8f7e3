import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import {
  buildSandbox,
  type Confinement,
  HOLDING,
  hostLacks,
  missingFor,
  PLAIN,
  realPowers,
  testRuntime,
} from '../scenarios/support/levels.ts';
import { isRunning, survives } from '../scenarios/support/running.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** Starts a process that runs this instead of the runtime, and gathers what it writes. */
async function start(ctx: TestContext, at: Confinement, bootstrap: string) {
  const missing = missingFor(at.level);
  if (missing !== null) ctx.skip(missing);
  const directory = makeTemporaryDirectory();
  writeTree(directory, { 'runtime/bootstrap.cjs': bootstrap, 'spoke/main.mjs': '' });
  const runtime = { ...testRuntime(at.permissionModel), directory: `${directory}/runtime` };
  const sandbox = await buildSandbox(at, realPowers(), runtime);
  const process = sandbox.start({ directory: `${directory}/spoke`, module: 'main.mjs' });
  onTestFinished(async () => {
    process.kill();
    await process.exited;
  });
  const [stdout, stderr] = [collect(process.stdout), collect(process.stderr)];
  process.channel.on('error', () => {}).resume();
  const ended = process.exited.then(async (exit) => {
    const said = await stderr.all;
    if (hostLacks(said)) ctx.skip(said);
    return { ...exit, stdout: await stdout.all, stderr: said };
  });
  return { process, ended, begun: Promise.race([stdout.first, ended]) };
}

function collect(stream: Readable) {
  let text = '';
  stream.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  return {
    first: new Promise((resolve) => stream.once('data', resolve)),
    all: new Promise<string>((resolve) => stream.once('close', () => resolve(text))),
  };
}

describe.each([PLAIN, { level: 'seatbelt', permissionModel: true } as const, ...HOLDING])(
  'a process at $level (permission model: $permissionModel)',
  (at) => {
    it('tells its exit code, and what it wrote, each stream for itself', async (ctx) => {
      const code = "process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 7;";
      const { ended } = await start(ctx, at, code);
      expect(await ended).toEqual({ code: 7, signal: null, stdout: 'out', stderr: 'err' });
    });

    it('ends when it is killed, though it never looks up from its work', async (ctx) => {
      const { process, begun, ended } = await start(ctx, at, "process.stdout.write('up'); for (;;);");
      await begun;
      const pid = process.pid() ?? 0;
      expect(isRunning(pid)).toBe(true);
      process.kill();
      // What kills it from outside, a sandbox that is a process of its own tells as an exit code.
      expect(await ended).toMatchObject({ stdout: 'up', stderr: '' });
      expect(await survives(pid)).toBe(false);
    });

    it('has its entry module where it can import it, and the spoke as its directory', async (ctx) => {
      const { process, ended } = await start(
        ctx,
        at,
        "process.stdout.write('file://' + process.cwd() + '/main.mjs');",
      );
      expect((await ended).stdout).toBe(process.moduleUrl);
    });
  },
);

import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import {
  type Confinement,
  describeConfinement,
  HOLDING,
  hostLacks,
  missingFor,
  PACKAGE_ROOT,
  PLAIN,
} from './support/levels.ts';
import { isRunning, survives } from './support/running.ts';
import { spokeNode } from './support/spoke-node.ts';
import { startStandIn } from './support/stand-in.ts';

/** Starts a process at a level as a daemon would, says its number once it runs, and leaves everything else to others. */
const DAEMON = ({ level }: Confinement, root: string, directory: string) => `
  (async () => {
    const from = (path) => import('${root}build/core/' + path + '.js');
    const { nodePowers } = await from('node-powers');
    const { assembleFilter } = await from('sandbox/seccomp/assemble');
    const { spokePolicy } = await from('sandbox/seccomp/spoke-policy');
    const { createFilterFile } = await from('sandbox/filter-file');
    const { sharedLibraries } = await from('sandbox/shared-libraries');
    const make = {
      none: async (input) => (await from('sandbox/plain')).plainSandbox(input.powers, input.runtime),
      kernel: async (input) => (await from('sandbox/kernel')).kernelSandbox(input),
      strong: async (input) => (await from('sandbox/strong')).strongSandbox(input),
    };
    const powers = nodePowers(process, {});
    const runtime = { node: '${spokeNode()}', directory: '${directory}/runtime', permissionFlags: () => [] };
    const policy = spokePolicy({ hasPidNamespace: '${level}' === 'strong' });
    const sandbox = await make['${level}']({
      powers,
      runtime,
      libraries: await sharedLibraries(powers, runtime.node),
      filter: createFilterFile(powers, '${directory}', assembleFilter(policy, process.arch)),
      architecture: process.arch,
      launcher: '${root}core/sandbox/launch.pl',
      forbidden: '/etc/passwd',
      disableUserns: true,
    });
    const spoke = sandbox.start({ directory: '${directory}/spoke', module: 'main.mjs' });
    spoke.stderr.pipe(process.stderr);
    spoke.stdout.once('data', () => console.log('spoke ' + spoke.pid()));
    spoke.exited.then(() => console.log('spoke ended'));
  })();
`;

/** The process id of a spoke that is busy for ever, after its daemon was killed. */
async function orphan(ctx: TestContext, at: Confinement): Promise<number> {
  const missing = missingFor(at.level);
  if (missing !== null) ctx.skip(missing);
  const directory = writeTree(makeTemporaryDirectory(), {
    'runtime/bootstrap.cjs': "process.stdout.write('up'); for (;;);",
    'spoke/main.mjs': '',
  });
  const daemon = await startStandIn(DAEMON(at, PACKAGE_ROOT, directory), { PATH: '/usr/bin:/bin' });
  if (hostLacks(daemon.said())) ctx.skip(daemon.said());
  const pid = Number(/^spoke (\d+)$/m.exec(daemon.greeting)?.[1]);
  expect(isRunning(pid)).toBe(true);
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  daemon.child.kill('SIGKILL');
  await daemon.exited;
  return pid;
}

it('a spoke cannot outlive a daemon that is killed, though it could in a plain child', async (ctx) => {
  expect(isRunning(await orphan(ctx, PLAIN))).toBe(true);
});

for (const at of HOLDING.filter(({ permissionModel }) => !permissionModel)) {
  it(`a spoke cannot outlive a daemon that is killed ${describeConfinement(at)}`, async (ctx) => {
    expect(await survives(await orphan(ctx, at))).toBe(false);
  });
}

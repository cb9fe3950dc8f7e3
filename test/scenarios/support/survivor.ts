import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { containCommands } from '../../../core/contain-commands.ts';
import { cgroupContainment } from '../../../core/jobs/cgroup-containment.ts';
import { Jobs, type JobsInput } from '../../../core/jobs/jobs.ts';
import { placesFor } from '../../../schemas/places.ts';
import { end, holderOf, holdersOf, isRunning, script, until } from '../../jobs/support/processes.ts';
import { createPowers, type TestPowers } from '../../support/powers.ts';
import { commandTarget } from '../../support/queries.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

const NO_PATHS = { binds: [], links: [], net: false } as const;
const LIMITS = { timeoutMs: 60_000, maxOutput: 1000 } as const;

/** What holds a command's processes together, and whether the command finds no more than its scope. */
const HELD = ['a namespace', 'a namespace, scoped', 'a cgroup'] as const;

/** What a command goes on with, and how it is ended for that. */
const ENDS = [
  { goesOn: 'exec sleep 600', state: 'timed-out' },
  { goesOn: 'exec yes', state: 'too-much-output' },
] as const;

/**
 * Proves that a process stays behind where only its command is ended, and that none does where Axium ends it. `leave`
 * makes the text of a script that starts a process so that it would stay, from the text that starts it plainly.
 */
export function describeSurvivor(
  claim: string,
  leave: (process: string) => string,
  signal: NodeJS.Signals = 'SIGKILL',
): void {
  describe(claim, () => {
    test('though it does where only the command itself is ended', async () => {
      const cwd = makeTemporaryDirectory();
      const mark = `${cwd}/mark`;
      const [program = '', ...words] = script(`${leaving(leave, mark)}; echo; exec sleep 600`);
      const child = spawn(program, words, { cwd, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
      await once(child.stdout, 'data');
      const survivor = await holderOf(mark);
      onTestFinished(() => end(survivor));
      // The group where the process stays in it and is sent no more than a request.
      process.kill(signal === 'SIGKILL' ? (child.pid ?? 0) : -(child.pid ?? 0), signal);
      await once(child, 'exit');
      expect(isRunning(survivor)).toBe(true);
    });

    for (const held of HELD) {
      test.for(ENDS)(`held by ${held}, when it is $state`, async ({ goesOn, state }, context) => {
        const cwd = makeTemporaryDirectory();
        const mark = `${cwd}/mark`;
        const powers = createPowers();
        const jobs = await jobsHeldBy(held, powers, cwd, context);
        const scope = held === 'a namespace, scoped' ? NO_PATHS : null;
        const target = commandTarget(script(`${leaving(leave, mark)}; echo; ${goesOn}`));
        const { finished } = jobs.start({ spoke: 'creds' }, target, scope);
        if (state === 'timed-out') {
          await until(() => jobs.logs('j1').stdout !== '');
          // Between one program and the next a process has no words at all.
          await until(() => holdersOf(mark).length === 1);
          powers.clock.advance(LIMITS.timeoutMs);
        }
        await finished;
        expect(jobs.list()).toMatchObject([{ state }]);
        await until(() => holdersOf(mark).length === 0);
        // What removes a group looks again after a while.
        while (powers.clock.waits().length > 0) powers.clock.advance(100);
      });
    }
  });
}

/** The script that leaves a process behind and goes on once it is there. It holds no output open. */
function leaving(leave: (process: string) => string, mark: string): string {
  const process = `sh -c 'echo > gate; exec tail -f /dev/null "$0"' ${mark} >/dev/null 2>&1`;
  return `mkfifo gate; ${leave(process)} read -r _ < gate`;
}

async function jobsHeldBy(
  held: (typeof HELD)[number],
  powers: TestPowers,
  cwd: string,
  context: TestContext,
): Promise<Jobs> {
  const places = placesFor({ AXIUM_HOME: `${cwd}/axium` }, cwd);
  await mkdir(places.run, { recursive: true });
  const containing = await (held === 'a cgroup' ? onlyCgroup() : inNamespaces());
  const env = { PATH: '/usr/bin:/bin' };
  const jobs = new Jobs({
    ...containing,
    powers,
    environment: () => ({ env, cwd, limits: LIMITS }),
    maxPerSpoke: 1,
    keep: 1,
  });
  onTestFinished(() => jobs.stop());
  return jobs;

  async function onlyCgroup(): Promise<Pick<JobsInput, 'contain'>> {
    const contain = await cgroupContainment(powers);
    return contain ? { contain } : context.skip('the cgroup of this process cannot be written');
  }

  async function inNamespaces(): Promise<Pick<JobsInput, 'contain' | 'confine'>> {
    const found = await containCommands(powers, {
      ...{ places, home: cwd, architecture: process.arch, packageRoot: `${cwd}/package` },
      spokeDirectories: () => [],
    });
    if (found.containment !== 'namespace') context.skip('this host gives commands no namespace');
    if (held === 'a namespace, scoped' && !found.confine) context.skip('this host confines no command');
    return found;
  }
}

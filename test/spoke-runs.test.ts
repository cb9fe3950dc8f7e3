import { expect, onTestFinished, test } from 'vitest';
import { HudSegments } from '../core/hud/segments.ts';
import { openState } from '../core/open-state.ts';
import type { Permissions } from '../core/permissions.ts';
import type { SpokeGroups } from '../core/sandbox/cgroup.ts';
import { createSpokeRuns } from '../core/spoke-runs.ts';
import { placesFor } from '../schemas/places.ts';
import { until } from './jobs/support/processes.ts';
import { fixtureSandbox, makeSpoke } from './supervisor/support/spoke-run.ts';
import { createPowers, type TestPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const PRLIMIT = '/usr/bin/prlimit';

/** Starts a fixture as the daemon starts spokes; it has ended when the test has. */
async function startRun(fixture: string, powers: TestPowers, groups: SpokeGroups | null = null) {
  const home = makeTemporaryDirectory();
  const places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
  const state = await openState({ powers: createPowers(), places, home, packageRoot: home });
  const permissions = { of: () => ({ policies: [], hash: '' }) } as unknown as Permissions;
  const makeRun = createSpokeRuns({
    powers,
    sandboxFor: () => fixtureSandbox(powers, fixture),
    state,
    permissions,
    hud: new HudSegments(),
    mediate: async (_subject, { id }) => ({ id, ok: true }),
    daemonRun: 'test',
    groups,
    onState: () => {},
    usageLimits: () => ({ extraMemory: 256 * 1_048_576, busySeconds: 60 }),
  });
  const run = makeRun(makeSpoke());
  onTestFinished(async () => {
    const stopped = run.stop();
    powers.clock.advance(60_000);
    await stopped;
    state.close();
  });
  run.start();
  return run;
}

/** Powers with which no limit can be set, and a count of how often that was tried. */
function powersWithoutLimits() {
  const tried: string[] = [];
  const real = createPowers();
  const powers = createPowers({
    spawn(command, args, options) {
      if (command !== PRLIMIT) return real.spawn(command, args, options);
      tried.push(command);
      return real.spawn('/bin/false', [], options);
    },
  });
  return { powers, tried };
}

/** The word that limits are not set waits for the spoke to end before it. */
const isAboutToTell = ({ clock }: TestPowers) => clock.waits().includes(2000);

const aboutLimits = ({ logged }: TestPowers) => logged.filter((line) => line.includes('limits of spoke'));

test('limits that cannot be set are told of', async () => {
  const { powers } = powersWithoutLimits();
  const run = await startRun('well-behaved', powers);
  await until(() => run.state === 'ready' && isAboutToTell(powers));
  powers.clock.advance(2000);
  expect(aboutLimits(powers)).toEqual([
    'the limits of spoke creds are not set: prlimit could not set them: it did not run',
  ]);
});

test('of a spoke that ends at once nothing is said of limits', async () => {
  const { powers, tried } = powersWithoutLimits();
  const run = await startRun('exits-after-hello', powers);
  await run.ended;
  await until(() => tried.length > 0 || powers.clock.waits().length === 0);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  powers.clock.advance(60_000);
  expect(aboutLimits(powers)).toEqual([]);
});

test('a failure to limit is told of, and is no failure of the daemon', async () => {
  const real = createPowers();
  const powers = createPowers({
    spawn(command, args, options) {
      if (command === PRLIMIT) throw new Error('EAGAIN');
      return real.spawn(command, args, options);
    },
  });
  const run = await startRun('well-behaved', powers);
  await until(() => run.state === 'ready' && isAboutToTell(powers));
  powers.clock.advance(2000);
  expect(aboutLimits(powers)).toEqual(['the limits of spoke creds are not set: Error: EAGAIN']);
});

/** Groups that note what is done with them, in which the kernel did or did not end something. */
function notedGroups(ranOut: boolean) {
  const done: string[] = [];
  const groups: SpokeGroups = {
    adopt: async (spoke, pid, { extraMemory, tasks }) => {
      done.push(`adopt ${spoke} ${pid > 0} ${extraMemory} ${tasks}`);
      return {
        ranOut: async () => ranOut,
        remove: async () => {
          done.push('remove');
        },
      };
    },
  };
  return { groups, done };
}

const ADOPTED = `adopt creds true ${256 * 1_048_576} 128`;

test('a spoke is in a group of its own before its code runs, and the group goes with it', async () => {
  const powers = createPowers();
  const { groups, done } = notedGroups(false);
  const run = await startRun('well-behaved', powers, groups);
  await until(() => run.state === 'ready');
  expect(done).toEqual([ADOPTED]);
  await run.stop();
  expect([run.state, done]).toEqual(['stopped', [ADOPTED, 'remove']]);
});

test('what the kernel ended for the memory of its group is told so', async () => {
  const { groups } = notedGroups(true);
  const run = await startRun('exits-after-hello', createPowers(), groups);
  await run.ended;
  expect(run.status()).toMatchObject({ state: 'failed', reason: 'it took more memory than it may' });
});

test('a spoke without a group runs all the same, and that is told', async () => {
  const powers = createPowers();
  const groups: SpokeGroups = { adopt: () => Promise.reject(new Error('EACCES')) };
  const run = await startRun('well-behaved', powers, groups);
  await until(() => run.state === 'ready');
  expect(powers.logged).toContainEqual(expect.stringContaining('spoke creds has no cgroup: Error: EACCES'));
});

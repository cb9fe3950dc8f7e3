import { expect, onTestFinished, test } from 'vitest';
import { HudSegments } from '../core/hud/segments.ts';
import { openState } from '../core/open-state.ts';
import type { Permissions } from '../core/permissions.ts';
import type { SpokeGroups } from '../core/sandbox/cgroup.ts';
import { limiter } from '../core/sandbox/memory-limit.ts';
import { createSpokeLives, quarantineNote } from '../core/spoke-lives.ts';
import { Lines } from '../core/supervisor/lines.ts';
import { placesFor } from '../schemas/places.ts';
import { until } from './jobs/support/processes.ts';
import { fixtureSandbox, makeSpoke } from './supervisor/support/observed-life.ts';
import { noHostPolicy } from './support/host-policy.ts';
import { createPowers, type TestPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const PRLIMIT = '/usr/bin/prlimit';

/** Starts a fixture as the daemon starts spokes; it has ended when the test has. */
async function startLife(
  fixture: string,
  powers: TestPowers,
  { groups = null, trial = false }: { readonly groups?: SpokeGroups | null; readonly trial?: boolean } = {},
) {
  const home = makeTemporaryDirectory();
  const places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
  const state = await openState({
    powers: createPowers(),
    places,
    home,
    packageRoot: home,
    hostPolicy: noHostPolicy(home),
  });
  const permissions = { of: () => ({ policies: [], hash: '' }) } as unknown as Permissions;
  const hud = new HudSegments();
  const lives = createSpokeLives({
    powers,
    confinementOf: () => ({ sandbox: fixtureSandbox(powers, fixture), isRefused: false }),
    state,
    permissions,
    hud,
    mediate: ({ spoke }, { id, cmd, body }, answer) => {
      if (cmd === 'hud_segment_value') hud.set(spoke, String(body.value));
      answer({ id, ok: true });
    },
    createTrial: () => ({
      mediate: (_subject, { id }, answer) => answer({ id, ok: true }),
      segment: () => '[tried]',
    }),
    daemonRun: 'test',
    lines: new Lines(),
    onLoaded: () => {},
    groups,
    limitProcess: limiter(powers, null),
    usageLimits: () => ({ extraMemory: 256 * 1_048_576, busySeconds: 60 }),
  });
  const life = lives.makeLife({ spoke: makeSpoke(), setting: '' }, trial, () => {});
  onTestFinished(async () => {
    const stopped = life.stop();
    powers.clock.advance(60_000);
    await stopped;
    state.close();
  });
  life.start();
  return { life, lives, hud, state };
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
  const { life } = await startLife('well-behaved', powers);
  await until(() => life.state === 'ready' && isAboutToTell(powers));
  powers.clock.advance(2000);
  expect(aboutLimits(powers)).toEqual([
    'the limits of spoke creds are not set: prlimit could not set them: it did not run',
  ]);
});

test('of a spoke that ends at once nothing is said of limits', async () => {
  const { powers, tried } = powersWithoutLimits();
  const { life } = await startLife('exits-after-hello', powers);
  await until(() => life.state === 'backoff');
  await until(() => tried.length > 0 || !powers.clock.waits().includes(2000));
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
  const { life } = await startLife('well-behaved', powers);
  await until(() => life.state === 'ready' && isAboutToTell(powers));
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
  const { life } = await startLife('well-behaved', powers, { groups });
  await until(() => life.state === 'ready');
  expect(done).toEqual([ADOPTED]);
  await life.stop();
  expect([life.state, done]).toEqual(['stopped', [ADOPTED, 'remove']]);
});

test('what the kernel ended for the memory of its group is told so', async () => {
  const { groups } = notedGroups(true);
  const { life } = await startLife('exits-after-hello', createPowers(), { groups });
  await until(() => life.state === 'backoff');
  expect(life.status()).toMatchObject({ state: 'backoff', reason: 'it took more memory than it may' });
});

test('a spoke without a group runs all the same, and that is told', async () => {
  const powers = createPowers();
  const groups: SpokeGroups = { adopt: () => Promise.reject(new Error('EACCES')) };
  const { life } = await startLife('well-behaved', powers, { groups });
  await until(() => life.state === 'ready');
  expect(powers.logged).toContainEqual(expect.stringContaining('spoke creds has no cgroup: Error: EACCES'));
});

test('a spoke in quarantine is told of once, with what to do, in a notification of the system and in the daemon log', async () => {
  const powers = createPowers();
  const { life, state } = await startLife('hello-twice', powers);
  await until(() => state.queue.list().length > 0);
  expect(state.queue.list()).toMatchObject([
    {
      source: 'system',
      title: 'Spoke creds is quarantined',
      body: 'it broke the rules of the wire: hello came twice\nRun: axium spoke reload creds',
      level: 'error',
    },
  ]);
  expect(powers.logged).toContain(quarantineNote('creds', life.reason));
});

test('what a spoke shows is gone when it has failed, but not for the failure of one that is only tried', async () => {
  const tried = await startLife('fails', createPowers(), { trial: true });
  tried.hud.set('creds', '[old]');
  await until(() => tried.life.state === 'backoff');
  expect(tried.hud.list()).toEqual([{ spoke: 'creds', value: '[old]' }]);
  const placed = await startLife('fails', createPowers());
  placed.hud.set('creds', '[old]');
  await until(() => placed.life.state === 'backoff');
  expect(placed.hud.list()).toEqual([]);
});

test('what one that was tried has said for the HUD is shown once it takes the place, and its own end clears it', async () => {
  const { life, lives, hud } = await startLife('well-behaved', createPowers(), { trial: true });
  await until(() => life.state === 'ready');
  hud.set('creds', '[old]');
  lives.onTaken(life);
  expect(hud.list()).toEqual([{ spoke: 'creds', value: '[tried]' }]);
  await life.stop();
  expect(hud.list()).toEqual([]);
});

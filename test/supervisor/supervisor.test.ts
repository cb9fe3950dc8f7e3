import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import { Supervisor } from '../../core/supervisor/supervisor.ts';
import { isRunning } from '../jobs/support/processes.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeSpoke, type ObservedLife, observeLife } from './support/observed-life.ts';

let powers: TestPowers;
let lives: ObservedLife[];
let fixture: string;
let setting: string;
let taken: string[];
let kept: string[];
let supervisor: Supervisor;

beforeEach(() => {
  powers = createPowers();
  lives = [];
  fixture = 'well-behaved';
  setting = 'process';
  taken = [];
  kept = [];
  supervisor = new Supervisor({
    makeLife: ({ spoke }, _trial, onState) => {
      const observed = observeLife(fixture, { spoke, powers, onState });
      // Before the life itself is ended: another one would be made in its place.
      onTestFinished(stop);
      lives.push(observed);
      return observed.life;
    },
    settingOf: () => setting,
    onTaken: ({ spoke }) => taken.push(`${spoke.manifest.name} ${spoke.manifest.version}`),
    onKept: ({ manifest }, reason) => kept.push(`${manifest.name} ${manifest.version}: ${reason}`),
  });
});

async function stop(): Promise<void> {
  const stopped = supervisor.stop();
  powers.clock.advance(2000);
  await stopped;
}

const NOT_AGAIN: ReadonlySet<string> = new Set();
const update = (spokes: readonly LoadedManifest[], again = NOT_AGAIN) => supervisor.update(spokes, again);
const allSettled = () => supervisor.allSettled();
const list = () => supervisor.list().map(({ name, version, state }) => `${name} ${version} ${state}`);
const pids = () => supervisor.list().map(({ pid }) => pid ?? 0);
/** Another version of the same spoke, in the same directory. */
const changed = (spoke: LoadedManifest, version = '2.0.0'): LoadedManifest => ({
  ...spoke,
  manifest: { ...spoke.manifest, version },
  fingerprint: version,
});

describe('an update', () => {
  test('starts what there is, in its order', async () => {
    await update([makeSpoke('nosy'), makeSpoke('creds', '2.0.0')]);
    await allSettled();
    expect(list()).toEqual(['nosy 1.0.0 ready', 'creds 2.0.0 ready']);
    expect(taken).toEqual(['nosy 1.0.0', 'creds 2.0.0']);
  });

  test('leaves alone what has not changed, and stops what is gone', async () => {
    const [stays, goes] = [makeSpoke('stays'), makeSpoke('goes')];
    await update([goes, stays]);
    await allSettled();
    const [gone, kept] = pids();
    await update([stays]);
    expect([list(), pids()]).toEqual([['stays 1.0.0 ready'], [kept]]);
    expect(isRunning(gone ?? 0)).toBe(false);
    expect(supervisor.find('goes')).toBeUndefined();
  });

  test('leaves one alone that waits for its next try, or is in quarantine, unless it changed or is named', async () => {
    const [waits, rests] = [makeSpoke('waits'), makeSpoke('rests')];
    fixture = 'exits';
    await update([waits]);
    fixture = 'hello-twice';
    await update([waits, rests]);
    await allSettled();
    const before = ['waits 1.0.0 backoff', 'rests 1.0.0 quarantined'];
    expect(list()).toEqual(before);
    await update([waits, rests]);
    expect(list()).toEqual(before);
    fixture = 'well-behaved';
    await update([changed(waits), rests], new Set(['rests']));
    await allSettled();
    expect(list()).toEqual(['waits 2.0.0 ready', 'rests 1.0.0 ready']);
    expect(powers.clock.waits()).toEqual([5000, 5000]);
  });

  test('of one that is confined in another way now ends it before it starts the new one, and also where that is refused', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    const [old] = pids();
    setting = 'thread';
    fixture = 'exits';
    await update([spoke]);
    expect(isRunning(old ?? 0)).toBe(false);
    expect(lives[0]?.states.at(-1)?.[0]).toBe('stopped');
    await allSettled();
    expect(list()).toEqual(['creds 1.0.0 backoff']);
  });

  test('with one spoke that fails starts the others', async () => {
    await update([makeSpoke('good')]);
    fixture = 'exits';
    await update([supervisor.find('good')?.spoke as LoadedManifest, makeSpoke('bad')]);
    await allSettled();
    expect(list()).toEqual(['good 1.0.0 ready', 'bad 1.0.0 backoff']);
  });

  test('that comes back to a name waits until what had that name is gone', async () => {
    fixture = 'ignores-shutdown';
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    const [old] = pids();
    const removed = update([]);
    const returned = update([changed(spoke)]);
    expect(list()).toEqual(['creds 2.0.0 stopped']);
    expect(isRunning(old ?? 0)).toBe(true);
    powers.clock.advance(2000);
    await Promise.all([removed, returned]);
    expect(isRunning(old ?? 0)).toBe(false);
    await allSettled();
    expect(list()).toEqual(['creds 2.0.0 ready']);
  });
});

describe('a changed version of a spoke that is ready', () => {
  test('is tried beside it, and takes its place when it is ready itself', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    const [old] = pids();
    await update([changed(spoke)]);
    expect([list(), pids(), taken]).toEqual([['creds 1.0.0 ready'], [old], ['creds 1.0.0']]);
    await allSettled();
    expect([list(), taken]).toEqual([['creds 2.0.0 ready'], ['creds 1.0.0', 'creds 2.0.0']]);
    await lives[0]?.until(() => lives[0]?.life.state === 'stopped');
    expect(isRunning(old ?? 0)).toBe(false);
    expect(supervisor.kept()).toEqual([]);
  });

  test('that does not start changes nothing but what is told, and is not tried again by itself', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    const before = pids();
    fixture = 'fails';
    const broken = changed(spoke);
    await update([broken]);
    await allSettled();
    expect([list(), pids(), taken]).toEqual([['creds 1.0.0 ready'], before, ['creds 1.0.0']]);
    expect(kept).toEqual(['creds 2.0.0: main.mjs:3:1: Error: no']);
    expect(supervisor.kept()).toMatchObject([{ spoke: broken, reason: 'main.mjs:3:1: Error: no' }]);
    await update([broken]);
    expect(lives).toHaveLength(2);
    expect(powers.clock.waits().filter((wait) => wait !== 5000 && wait !== 2000)).toEqual([]);
  });

  test('that breaks the rules of the wire is not put into quarantine, since the one before goes on', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    fixture = 'hello-twice';
    await update([changed(spoke)]);
    await allSettled();
    expect(list()).toEqual(['creds 1.0.0 ready']);
    expect(kept).toEqual(['creds 2.0.0: it broke the rules of the wire: hello came twice']);
  });

  test('that is mended after it did not start takes the place, and one that is taken back is as if nothing had been', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    fixture = 'fails';
    await update([changed(spoke)]);
    await allSettled();
    await update([spoke]);
    expect([supervisor.kept(), lives.length]).toEqual([[], 2]);
    fixture = 'well-behaved';
    await update([changed(spoke, '3.0.0')]);
    await allSettled();
    expect(list()).toEqual(['creds 3.0.0 ready']);
  });

  test('that did not start runs in the place of the one before once that fails, since its code is gone', async () => {
    const spoke = makeSpoke();
    fixture = 'exits-at-request';
    await update([spoke]);
    await allSettled();
    fixture = 'fails';
    await update([changed(spoke)]);
    await allSettled();
    fixture = 'well-behaved';
    supervisor.tell('creds', { event: 'permissions_changed' });
    await lives[0]?.until(() => lives[0]?.life.state === 'stopped');
    await allSettled();
    expect([list(), supervisor.kept()]).toEqual([['creds 2.0.0 ready'], []]);
  });

  test('is given up for a later one, and is gone before that is tried', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    fixture = 'silent';
    await update([changed(spoke)]);
    const outdated = lives[1]?.life.status().pid ?? 0;
    fixture = 'well-behaved';
    await update([changed(spoke, '3.0.0')]);
    expect(isRunning(outdated)).toBe(false);
    await allSettled();
    expect(list()).toEqual(['creds 3.0.0 ready']);
  });

  test('goes with it when the spoke is removed', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    fixture = 'silent';
    await update([changed(spoke)]);
    const running = lives.map(({ life }) => life.status().pid ?? 0);
    await update([]);
    expect(running.map(isRunning)).toEqual([false, false]);
    await supervisor.settled('creds');
  });
});

test('one that is named is tried anew though it did not change, and goes on where that fails', async () => {
  const [named, other] = [makeSpoke('named'), makeSpoke('other')];
  await update([named, other]);
  await allSettled();
  const before = pids();
  await update([named, other], new Set(['named']));
  await allSettled();
  expect(list()).toEqual(['named 1.0.0 ready', 'other 1.0.0 ready']);
  expect(pids()[1]).toBe(before[1]);
  expect(pids()[0]).not.toBe(before[0]);
  fixture = 'exits';
  await update([named, other], new Set(['named']));
  await allSettled();
  expect([list()[0], kept]).toEqual(['named 1.0.0 ready', ['named 1.0.0: it ended with exit code 3']]);
});

test('all are settled only where none is being tried again meanwhile', async () => {
  const [fails, slow] = [makeSpoke('fails'), makeSpoke('slow')];
  fixture = 'exits';
  await update([fails]);
  await allSettled();
  fixture = 'silent';
  await update([fails, slow]);
  const told = allSettled().then(list);
  powers.clock.advance(2000);
  await lives[0]?.until(() => lives[0]?.life.state === 'starting');
  await update([fails]);
  expect(await told).toEqual(['fails 1.0.0 backoff']);
});

test('an event goes to the spoke that it is for, and to none that is not there', async () => {
  await update([makeSpoke('creds'), makeSpoke('other')]);
  await allSettled();
  supervisor.tell('creds', { event: 'shutdown' });
  supervisor.tell('nosuch', { event: 'shutdown' });
  await lives[0]?.until(() => lives[0]?.life.state === 'backoff');
  expect(list()).toEqual(['creds 1.0.0 backoff', 'other 1.0.0 ready']);
});

describe('stopping', () => {
  test('ends all spokes, also those that do not want to, in the time of one', async () => {
    fixture = 'ignores-shutdown';
    await update([makeSpoke('one'), makeSpoke('two')]);
    await allSettled();
    const running = pids();
    const stopped = supervisor.stop();
    powers.clock.advance(2_000);
    await stopped;
    expect(running.map((pid) => isRunning(pid))).toEqual([false, false]);
    expect(powers.clock.waits()).toEqual([]);
  });

  test('in the middle of an exchange starts nothing any more, and waits for what was to be exchanged', async () => {
    fixture = 'ignores-shutdown';
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    const [old] = pids();
    setting = 'thread';
    const updated = update([spoke]);
    const stopped = supervisor.stop().then(() => isRunning(old ?? 0));
    powers.clock.advance(2_000);
    expect(await stopped).toBe(false);
    await updated;
    expect(lives.map(({ life }) => life.state)).toEqual(['stopped', 'stopped']);
  });

  test('ends a version that is tried as well', async () => {
    const spoke = makeSpoke();
    await update([spoke]);
    await allSettled();
    fixture = 'silent';
    await update([changed(spoke)]);
    const running = lives.map(({ life }) => life.status().pid ?? 0);
    await supervisor.stop();
    expect(running.map(isRunning)).toEqual([false, false]);
    expect(powers.clock.waits()).toEqual([]);
    await supervisor.settled('creds');
  });
});

describe('a spoke that runs on demand', () => {
  const onDemand = (): LoadedManifest => {
    const spoke = makeSpoke();
    const triggers = { commands: [], events: ['permissions_changed' as const], at: [] };
    return { ...spoke, manifest: { ...spoke.manifest, activation: 'on-demand', triggers } };
  };

  test('whose changed version does not run goes on until it is idle, and from there is the changed one', async () => {
    const spoke = onDemand();
    fixture = 'rests';
    await update([spoke]);
    supervisor.tell('creds', { event: 'permissions_changed' });
    await allSettled();
    fixture = 'fails';
    await update([changed(spoke)]);
    await allSettled();
    expect([list(), supervisor.kept().length]).toEqual([['creds 1.0.0 ready'], 1]);
    powers.clock.advance(30_000);
    await lives[0]?.until(() => lives[0]?.life.state === 'stopped');
    await supervisor.settled('creds');
    expect([list(), supervisor.kept()]).toEqual([['creds 2.0.0 idle'], []]);
  });

  test('that is changed while it starts has its next version started for what asked for it, and told of that', async () => {
    const spoke = onDemand();
    fixture = 'silent';
    await update([spoke]);
    supervisor.tell('creds', { event: 'permissions_changed' });
    expect(list()).toEqual(['creds 1.0.0 starting']);
    fixture = 'talks';
    await update([changed(spoke)]);
    await lives[1]?.until(() => lives[1]?.mediated.length === 1);
    expect([list(), lives[1]?.mediated[0]?.message.body]).toEqual([
      ['creds 2.0.0 ready'],
      { id: 5, cmd: 'notify', title: 'permissions_changed' },
    ]);
  });

  test('is not started by what its manifest does not name, nor when it was stopped or removed', async () => {
    const spoke = onDemand();
    fixture = 'rests';
    await update([spoke]);
    supervisor.tell('creds', { event: 'config_changed' });
    expect(list()).toEqual(['creds 1.0.0 idle']);
    await supervisor.halt('creds');
    supervisor.tell('creds', { event: 'permissions_changed' });
    expect(list()).toEqual(['creds 1.0.0 stopped']);
    await update([]);
    supervisor.tell('creds', { event: 'permissions_changed' });
    expect(lives[0]?.instances).toEqual([]);
  });
});

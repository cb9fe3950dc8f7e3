import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import { Supervisor } from '../../core/supervisor/supervisor.ts';
import { isRunning } from '../jobs/support/processes.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeSpoke, type ObservedRun, observeRun } from './support/spoke-run.ts';

let powers: TestPowers;
let runs: ObservedRun[];
let fixture: string;
let supervisor: Supervisor;

beforeEach(() => {
  powers = createPowers();
  runs = [];
  fixture = 'well-behaved';
  supervisor = new Supervisor({
    makeRun: (spoke) => {
      const observed = observeRun(fixture, { spoke, powers });
      runs.push(observed);
      return observed.run;
    },
  });
  onTestFinished(() => supervisor.stop());
});

const NOT_AGAIN: ReadonlySet<string> = new Set();
const update = (spokes: readonly LoadedManifest[], again = NOT_AGAIN) => supervisor.update(spokes, again);
const allReady = () => Promise.all(runs.map((run) => run.until(() => run.run.state !== 'starting')));
const list = () => supervisor.list().map(({ name, version, state }) => `${name} ${version} ${state}`);
const pids = () => supervisor.list().map(({ pid }) => pid);

describe('an update', () => {
  test('starts what there is, in its order', async () => {
    await update([makeSpoke('nosy'), makeSpoke('creds', '2.0.0')]);
    await allReady();
    expect(list()).toEqual(['nosy 1.0.0 ready', 'creds 2.0.0 ready']);
  });

  test('leaves alone what has not changed, and stops what is gone', async () => {
    const [stays, goes] = [makeSpoke('stays'), makeSpoke('goes')];
    await update([goes, stays]);
    await allReady();
    const [gone, kept] = pids();
    await update([stays]);
    expect([list(), pids()]).toEqual([['stays 1.0.0 ready'], [kept]]);
    expect(isRunning(gone ?? 0)).toBe(false);
    expect(supervisor.find('goes')).toBeUndefined();
  });

  test('starts anew what changed, after the old run is gone', async () => {
    await update([makeSpoke('creds', '1.0.0')]);
    await allReady();
    const [old] = pids();
    await update([makeSpoke('creds', '2.0.0')]);
    expect(isRunning(old ?? 0)).toBe(false);
    expect(runs[0]?.states.at(-1)?.[0]).toBe('stopped');
    await allReady();
    expect(list()).toEqual(['creds 2.0.0 ready']);
  });

  test('starts anew what is named, though it did not change, and what had failed', async () => {
    const [named, other, failed] = [makeSpoke('named'), makeSpoke('other'), makeSpoke('failed')];
    await update([named, other]);
    fixture = 'exits';
    await update([named, other, failed]);
    await allReady();
    const before = pids();
    fixture = 'well-behaved';
    await update([named, other, failed], new Set(['named']));
    await allReady();
    expect(list()).toEqual(['named 1.0.0 ready', 'other 1.0.0 ready', 'failed 1.0.0 ready']);
    expect(pids()[1]).toBe(before[1]);
    expect(pids()[0]).not.toBe(before[0]);
  });

  test('with one spoke that fails starts the others', async () => {
    await update([makeSpoke('good')]);
    fixture = 'exits';
    await update([supervisor.find('good')?.spoke as LoadedManifest, makeSpoke('bad')]);
    await allReady();
    expect(list()).toEqual(['good 1.0.0 ready', 'bad 1.0.0 failed']);
  });
});

test('an event goes to the spoke that it is for, and to none that is not there', async () => {
  await update([makeSpoke('creds'), makeSpoke('other')]);
  await allReady();
  supervisor.send('creds', { event: 'shutdown' });
  supervisor.send('nosuch', { event: 'shutdown' });
  await runs[0]?.until(() => runs[0]?.run.state === 'failed');
  expect(list()).toEqual(['creds 1.0.0 failed', 'other 1.0.0 ready']);
});

describe('stopping', () => {
  test('ends all spokes, also those that do not want to, in the time of one', async () => {
    fixture = 'ignores-shutdown';
    await update([makeSpoke('one'), makeSpoke('two')]);
    await allReady();
    const running = pids();
    const stopped = supervisor.stop();
    powers.clock.advance(2_000);
    await stopped;
    expect(running.map((pid) => isRunning(pid ?? 0))).toEqual([false, false]);
  });

  test('in the middle of an update starts nothing any more, and waits for what was to be exchanged', async () => {
    fixture = 'ignores-shutdown';
    await update([makeSpoke('creds', '1.0.0')]);
    await allReady();
    const [old] = pids();
    const updated = update([makeSpoke('creds', '2.0.0')]);
    const stopped = supervisor.stop().then(() => isRunning(old ?? 0));
    powers.clock.advance(2_000);
    expect(await stopped).toBe(false);
    await updated;
    expect(runs.map(({ run }) => run.state)).toEqual(['stopped', 'stopped']);
  });
});

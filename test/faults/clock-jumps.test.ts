import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { Audit } from '../../core/audit/audit.ts';
import { LatestTime } from '../../core/latest-time.ts';
import { NotificationQueue } from '../../core/notify/queue.ts';
import { notice } from '../notify/support/open-queue.ts';
import { buildDecision } from '../support/audit-entries.ts';
import { logsIn, readRecords, verifyJournal } from '../support/audit-log.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const TWO_HOURS = 7_200_000;
const JUMPS = [
  ['two hours forward', TWO_HOURS],
  ['two hours back', -TWO_HOURS],
] as const;

/** The time of day can be set; the time that passes cannot. */
function settableClock() {
  const clock = createHandClock();
  let set = 0;
  return {
    clock: { ...clock, now: () => clock.now() + set },
    set: (ms: number) => {
      set = ms;
    },
  };
}

let directory: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
});

describe.each(JUMPS)('a clock that is set %s', (_, jump) => {
  const openQueue = async () => {
    const { clock, set } = settableClock();
    const { queue } = await NotificationQueue.open(
      createPowers({ clock }),
      `${directory}/notifications.jsonl`,
    );
    return { queue, clock, set };
  };

  test('does not end a lease before its time, and not later', async () => {
    const { queue, clock, set } = await openQueue();
    await queue.add('creds', notice('a'));
    const { lease } = await queue.lease();
    set(jump);
    clock.advance(29_999);
    expect([lease !== null, (await queue.lease()).notifications]).toEqual([true, []]);
    clock.advance(1);
    expect((await queue.lease()).notifications).toHaveLength(1);
    queue.close();
  });

  test('gives a spoke that notifies too fast nothing back and takes nothing from it', async () => {
    const { queue, clock, set } = await openQueue();
    for (let n = 0; n < 60; n += 1) await queue.add('creds', notice(`${n}`));
    set(jump);
    await expect(queue.add('creds', notice('too many'))).rejects.toMatchObject({ code: 'busy' });
    clock.advance(1000);
    await queue.add('creds', notice('one a second'));
    await expect(queue.add('creds', notice('too many'))).rejects.toMatchObject({ code: 'busy' });
    queue.close();
  });

  test('neither wakes who waits for a notification nor lets one wait longer', async () => {
    const { queue, clock, set } = await openQueue();
    let waiting: number | null = null;
    const waited = queue.wait(20_000).then((count) => {
      waiting = count;
    });
    set(jump);
    clock.advance(19_999);
    await Promise.resolve();
    expect(waiting).toBe(null);
    clock.advance(1);
    await waited;
    expect(waiting).toBe(0);
    queue.close();
  });

  test('is seen in the records, whose order it does not change', async () => {
    const { clock, set } = settableClock();
    const audit = new Audit(createPowers({ clock }), {
      ...logsIn(directory),
      pieceBytes: () => Number.POSITIVE_INFINITY,
      onPiece: () => {},
      onTrouble: () => {},
    });
    await audit.decision(buildDecision({ request: 'before' }), { spoke: 'creds', detail: null });
    set(jump);
    await audit.decision(buildDecision({ request: 'after' }), { spoke: 'creds', detail: null });
    audit.close();
    const [before, after] = readRecords(directory);
    expect(Date.parse(after?.time ?? '') - Date.parse(before?.time ?? '')).toBe(jump);
    expect([before?.seq, after?.seq]).toEqual([1, 2]);
    expect(await verifyJournal(directory)).toMatchObject({ ok: true });
  });
});

describe('the time by which what expires is judged', () => {
  const openTime = (clock: TestPowers['clock'], changed: Partial<TestPowers> = {}) => {
    const powers = createPowers({ ...changed, clock });
    return LatestTime.open(powers, `${directory}/latest-time.json`).then((time) => ({ time, powers }));
  };
  const START = Date.parse('2030-01-01T00:00:00Z');

  test('goes on with the clock and never back with it, in this run and in the next', async () => {
    const { clock, set } = settableClock();
    const { time } = await openTime(clock);
    expect(time.now()).toBe(START);
    clock.advance(TWO_HOURS);
    expect(time.now()).toBe(START + TWO_HOURS);
    set(-TWO_HOURS);
    expect(time.now()).toBe(START + TWO_HOURS);
    expect(time.notes()).toEqual([expect.stringContaining('judged by 2030-01-01T02:00:00.000Z')]);
    await time.save();
    const next = await openTime(clock);
    expect(next.time.now()).toBe(START + TWO_HOURS);
    clock.advance(2 * TWO_HOURS);
    expect([next.time.now(), next.time.notes()]).toEqual([START + 2 * TWO_HOURS, []]);
  });

  test('is on disk a minute later at the latest, whoever asks for it', async () => {
    const { clock } = settableClock();
    const written: string[] = [];
    const replaceFile = async (_path: string, data: string) => void written.push(data);
    const { time } = await openTime(clock, { replaceFile });
    for (let second = 0; second < 180; second += 1) {
      clock.advance(1000);
      time.now();
    }
    await time.save();
    expect(written.map((text) => JSON.parse(text).latest)).toEqual([
      ...['2030-01-01T00:00:00.000Z', '2030-01-01T00:01:00.000Z', '2030-01-01T00:02:00.000Z'],
      ...['2030-01-01T00:03:00.000Z', '2030-01-01T00:03:00.000Z'],
    ]);
  });

  test('is the time of the clock again once its file was removed between two runs', async () => {
    const { clock, set } = settableClock();
    set(100 * 365 * 86_400_000);
    const { time } = await openTime(clock);
    await time.save();
    set(0);
    expect((await openTime(clock)).time.now()).toBeGreaterThan(START);
    rmSync(`${directory}/latest-time.json`);
    expect((await openTime(clock)).time.now()).toBe(START);
  });

  test.each([
    ['changed', (text: string) => text.replace('2030', '2031')],
    ['cut', (text: string) => text.slice(0, 20)],
    ['empty', () => ''],
    ['long', (text: string) => text.padEnd(2000)],
  ])('is not taken from a file that is %s: it is kept beside, and told of', async (_, damage) => {
    const { clock } = settableClock();
    await (await openTime(clock)).time.save();
    const path = `${directory}/latest-time.json`;
    const damaged = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, damaged);
    const { time, powers } = await openTime(clock);
    expect(time.now()).toBe(START);
    const aside = `${path}.damaged-${START}`;
    expect([readFileSync(aside, 'utf8'), powers.logged]).toEqual([damaged, [expect.stringContaining(aside)]]);
  });

  test('goes on where it cannot be written', async () => {
    const { clock } = settableClock();
    const replaceFile = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    const { time, powers } = await openTime(clock, { replaceFile });
    await time.save();
    expect([time.now(), powers.logged]).toEqual([
      START,
      expect.arrayContaining([expect.stringContaining('ENOSPC')]),
    ]);
  });
});

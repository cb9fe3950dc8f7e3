import { beforeEach, describe, expect, test } from 'vitest';
import { Audit } from '../../core/audit/audit.ts';
import { NotificationQueue } from '../../core/notify/queue.ts';
import { notice } from '../notify/support/open-queue.ts';
import { buildDecision } from '../support/audit-entries.ts';
import { logsIn, readRecords, verifyJournal } from '../support/audit-log.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { createPowers } from '../support/powers.ts';
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

import { beforeEach, expect, test } from 'vitest';
import { Audit } from '../../core/audit/audit.ts';
import { LateEvents } from '../../core/audit/late-events.ts';
import type { EventEntry } from '../../schemas/audit.ts';
import { createFullDisk } from '../faults/support/faulty-disk.ts';
import { buildDecision } from '../support/audit-entries.ts';
import { logsIn, readRecords, verifyJournal } from '../support/audit-log.ts';
import { createHandClock, type HandClock } from '../support/hand-clock.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let directory: string;
let clock: HandClock;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  clock = createHandClock();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const event = (name: string): EventEntry => ({ type: 'event', event: name, spoke: null, detail: { a: 1 } });

/** A log on a disk of which so many writes fail once its files are there, and the events that are kept for it. */
function openLog(times: number) {
  const powers = createPowers({ ...createFullDisk(3, { times }), clock });
  const late: LateEvents = new LateEvents({ clock, record: (entry) => audit.event(entry) });
  const audit = new Audit(powers, {
    ...logsIn(directory),
    pieceBytes: () => Number.POSITIVE_INFINITY,
    onPiece: () => {},
    onTrouble: (reason) => {
      if (reason === null) late.retry();
    },
  });
  return { audit, late };
}

const events = () =>
  readRecords(directory).flatMap((record) =>
    record.type === 'event' ? [[record.event, record.detail]] : [],
  );

test('what happens while the disk is full is recorded with the next record that is written, with when it happened', async () => {
  const { audit, late } = openLog(2);
  late.record(event('one'));
  await settled();
  clock.advance(1000);
  late.record(event('two'));
  await settled();
  expect(events()).toEqual([]);
  while (
    !(await audit.decision(buildDecision({}), { spoke: 'creds', detail: null }).then(
      () => true,
      () => false,
    ))
  );
  await settled();
  expect(events()).toEqual([
    ['one', { a: 1, happened: '2030-01-01T00:00:00.000Z' }],
    ['two', { a: 1, happened: '2030-01-01T00:00:01.000Z' }],
  ]);
  expect(await verifyJournal(directory)).toMatchObject({ ok: true });
  late.close();
  audit.close();
});

test('where nothing else is recorded it is tried again by itself, and after that nothing waits', async () => {
  const { audit, late } = openLog(4);
  late.record(event('one'));
  await settled();
  for (let tries = 0; events().length === 0 && tries < 20; tries += 1) {
    clock.advance(5000);
    await settled();
  }
  expect(events().map(([name]) => name)).toEqual(['one']);
  expect(clock.waits()).toEqual([]);
  audit.close();
});

test('of more than a hundred the first are kept, and how many more there were', async () => {
  let full = true;
  const recorded: EventEntry[] = [];
  const record = async (entry: EventEntry) => {
    if (full) throw new Error('full');
    recorded.push(entry);
  };
  const late = new LateEvents({ clock, record });
  for (let n = 0; n < 130; n += 1) late.record(event(`${n}`));
  await settled();
  late.retry();
  await settled();
  full = false;
  late.retry();
  await settled();
  expect(recorded.map(({ event }) => event)).toEqual([
    ...Array.from({ length: 100 }, (_, n) => `${n}`),
    'events_dropped',
  ]);
  expect(recorded.at(-1)?.detail).toEqual({ count: 30 });
});

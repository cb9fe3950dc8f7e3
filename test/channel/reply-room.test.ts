import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { ReplyRoom } from '../../core/channel/reply-room.ts';
import { createHandClock, type HandClock } from '../support/hand-clock.ts';

const MIB = 1_048_576;
const LIMITS = { bytes: 12 * MIB, perSpoke: 8 * MIB, patience: 10_000 };

let clock: HandClock;
let room: ReplyRoom;

beforeEach(() => {
  clock = createHandClock();
  room = new ReplyRoom(clock, LIMITS);
});

/** What came of a request for room so far. */
async function outcomeOf(taken: Promise<void>): Promise<string> {
  const settled = taken.then(
    () => 'granted',
    (error: { code: string }) => error.code,
  );
  return Promise.race([settled, new Promise<string>((resolve) => setImmediate(resolve, 'waits'))]);
}

test('a spoke that does not read its answers keeps no more than its share, and its own wait', async () => {
  const first = room.hold('slow').take(8 * MIB);
  const second = room.hold('slow').take(MIB);
  const other = room.hold('other').take(4 * MIB);
  expect(await Promise.all([first, second, other].map(outcomeOf))).toEqual(['granted', 'waits', 'granted']);
});

test('small answers need no room', async () => {
  await room.hold('slow').take(8 * MIB);
  await room.hold('other').take(4 * MIB);
  expect(await outcomeOf(room.hold('slow').take(262_144))).toBe('granted');
  expect(await outcomeOf(room.hold('slow').take(262_145))).toBe('waits');
});

test('what has left gives its room to who waits, in the order in which they came', async () => {
  const held = room.hold('a');
  await held.take(8 * MIB);
  const large = room.hold('b').take(8 * MIB);
  const small = room.hold('c').take(MIB);
  // One that would fit does not pass the one before it.
  expect(await Promise.all([large, small].map(outcomeOf))).toEqual(['waits', 'waits']);
  held.release();
  expect(await Promise.all([large, small].map(outcomeOf))).toEqual(['granted', 'granted']);
});

test('who waits behind a spoke that has its share is not held up by that', async () => {
  await room.hold('slow').take(8 * MIB);
  const own = room.hold('slow').take(8 * MIB);
  const other = room.hold('other').take(4 * MIB);
  expect(await Promise.all([own, other].map(outcomeOf))).toEqual(['waits', 'granted']);
});

test('who has waited for ten seconds is answered with busy, and takes nothing', async () => {
  const held = room.hold('a');
  await held.take(8 * MIB);
  const late = room.hold('b').take(8 * MIB);
  clock.advance(9_999);
  expect(await outcomeOf(late)).toBe('waits');
  clock.advance(1);
  expect(await outcomeOf(late)).toBe('busy');
  held.release();
  expect(await outcomeOf(room.hold('c').take(8 * MIB))).toBe('granted');
  expect(clock.waits()).toEqual([]);
});

test('whatever is taken and released in whatever order: the bounds hold, and in the end all of it is free', async () => {
  const step = fc.record({ spoke: fc.constantFrom('a', 'b', 'c'), mib: fc.integer({ min: 1, max: 8 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.infiniteStream(fc.nat()),
      async (steps, chances) => {
        const own = new ReplyRoom(createHandClock(), LIMITS);
        const granted: { spoke: string; mib: number; release: () => void }[] = [];
        let answered = 0;
        const releaseOne = () => {
          const at = (chances.next().value ?? 0) % Math.max(1, granted.length);
          granted.splice(at, 1)[0]?.release();
        };
        for (const { spoke, mib } of steps) {
          const hold = own.hold(spoke);
          void hold.take(mib * MIB).then(() => {
            answered += 1;
            granted.push({ spoke, mib, release: hold.release });
          });
          await null;
          if ((chances.next().value ?? 0) % 3 === 0) releaseOne();
          const sum = (of: typeof granted) => of.reduce((all, one) => all + one.mib, 0);
          expect(sum(granted)).toBeLessThanOrEqual(12);
          for (const name of ['a', 'b', 'c']) {
            expect(sum(granted.filter((one) => one.spoke === name))).toBeLessThanOrEqual(8);
          }
        }
        for (let left = steps.length * 2; left > 0; left -= 1) {
          await new Promise((resolve) => setImmediate(resolve));
          releaseOne();
        }
        expect(answered).toBe(steps.length);
      },
    ),
    { numRuns: 50 },
  );
});

import { describe, expect, it } from 'vitest';
import { judgeUsage, readUsage, type UsageHistory } from '../../core/sandbox/usage.ts';
import { realPowers } from '../scenarios/support/levels.ts';

const MIB = 1_048_576;
const LIMITS = { extraMemory: 100 * MIB, busySeconds: 60 };
const AT_START = { memory: 50 * MIB, processor: 1 };

/** A history at second 100 of a process that has used so much, and has been busy since then or not at all. */
const before = (busySince: number | null, processor = 10): UsageHistory => ({
  atStart: AT_START,
  last: { memory: 60 * MIB, processor },
  busySince,
});

interface Row {
  readonly what: string;
  readonly memory?: number;
  /** Seconds of processor time in the 5 seconds since the last look. */
  readonly took: number;
  readonly busySince: number | null;
  readonly excess: string | null;
  readonly since: number | null;
}

const ROWS: readonly Row[] = [
  { what: 'idle', took: 0, busySince: null, excess: null, since: null },
  { what: 'working a little', took: 4.4, busySince: null, excess: null, since: null },
  {
    what: 'busy for the first time: since the last look',
    took: 4.5,
    busySince: null,
    excess: null,
    since: 100,
  },
  { what: 'busy on several processors', took: 20, busySince: null, excess: null, since: 100 },
  { what: 'busy still, not for long enough', took: 5, busySince: 46, excess: null, since: 46 },
  {
    what: 'busy for exactly as long as it may',
    took: 5,
    busySince: 45,
    excess: 'it kept a processor busy for 60 s without a pause',
    since: 45,
  },
  { what: 'pausing after a long time', took: 1, busySince: 10, excess: null, since: null },
  { what: 'at its memory limit', memory: 150 * MIB, took: 0, busySince: null, excess: null, since: null },
  {
    what: 'over its memory limit',
    memory: 151 * MIB,
    took: 0,
    busySince: null,
    excess: 'it took 101 MiB more memory than when it began',
    since: null,
  },
  {
    what: 'over both: the memory is told',
    memory: 200 * MIB,
    took: 5,
    busySince: 1,
    excess: 'it took 150 MiB more memory than when it began',
    since: 1,
  },
  {
    what: 'with less memory than at its start',
    memory: MIB,
    took: 0,
    busySince: null,
    excess: null,
    since: null,
  },
];

describe('a process that is', () => {
  it.each(ROWS)('$what', ({ memory = 60 * MIB, took, busySince, excess, since }) => {
    const usage = { memory, processor: 10 + took };
    expect(judgeUsage(before(busySince), usage, { now: 105, elapsed: 5 }, LIMITS)).toEqual({
      history: { atStart: AT_START, last: usage, busySince: since },
      excess,
    });
  });
});

it('the usage of this process can be read, and that of none is null', async () => {
  const { files } = realPowers();
  const own = await readUsage(files, process.pid);
  expect(own?.memory).toBeGreaterThan(10 * MIB);
  expect(own?.processor).toBeGreaterThan(0);
  expect(await readUsage(files, 2 ** 30)).toBeNull();
});

it('waiting for a processor counts as much as having one, and kernels that do not tell it are no failure', async () => {
  const texts: Record<string, string | null> = {
    stat: `7 (a) b) ${Array.from({ length: 40 }, (_, index) => (index === 11 ? 300 : index === 12 ? 100 : 0)).join(' ')}`,
    status: 'Name:\tnode\nVmRSS:\t   2048 kB\n',
    schedstat: '3000000000 1500000000 42\n',
  };
  const files = {
    readFile: async (path: string) => {
      const text = texts[path.split('/').at(-1) ?? ''];
      if (text == null) throw new Error('ENOENT');
      return text;
    },
  } as unknown as Parameters<typeof readUsage>[0];
  expect(await readUsage(files, 7)).toEqual({ memory: 2 * MIB, processor: 5.5 });
  texts.schedstat = null;
  expect(await readUsage(files, 7)).toEqual({ memory: 2 * MIB, processor: 4 });
  texts.stat = null;
  expect(await readUsage(files, 7)).toBeNull();
});

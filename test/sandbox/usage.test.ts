import { describe, expect, it } from 'vitest';
import { createUsageReader, judgeUsage, type UsageHistory } from '../../core/sandbox/usage.ts';
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

it('the usage of this process can be read, and that of none is null', () => {
  const { filesNow } = realPowers();
  const own = createUsageReader(filesNow, process.pid)();
  expect(own?.memory).toBeGreaterThan(10 * MIB);
  expect(own?.processor).toBeGreaterThan(0);
  expect(createUsageReader(filesNow, 2 ** 30)()).toBeNull();
});

/** A reader of files as /proc has them, and how often each was read. */
function readerOf(texts: Record<string, string | null>) {
  const reads: string[] = [];
  const readFileSync = (path: string) => {
    const name = path.split('/').at(-1) ?? '';
    reads.push(name);
    const text = texts[name];
    if (text == null) throw new Error('ENOENT');
    return text;
  };
  const now = { readFileSync } as unknown as Parameters<typeof createUsageReader>[0];
  return { read: createUsageReader(now, 7), reads };
}

/** The file stat of a process with 4 seconds of processor time and so many pages. */
function statWith(pages: number): string {
  const fields: number[] = Array.from({ length: 40 }, () => 0);
  [fields[11], fields[12], fields[21]] = [300, 100, pages];
  return `7 (a) b) ${fields.join(' ')}`;
}

it('waiting for a processor counts as much as having one, and kernels that do not tell it are no failure', () => {
  const texts: Record<string, string | null> = {
    stat: statWith(512),
    status: 'Name:\tnode\nVmRSS:\t   2048 kB\n',
    schedstat: '3000000000 1500000000 42\n',
  };
  const { read } = readerOf(texts);
  expect(read()).toEqual({ memory: 2 * MIB, processor: 5.5 });
  texts.schedstat = null;
  expect(read()).toEqual({ memory: 2 * MIB, processor: 4 });
  texts.stat = null;
  expect(read()).toBeNull();
});

it('memory is told anew as soon as it is another, and costs nothing to tell while it is not', () => {
  const texts = { stat: statWith(512), status: 'VmRSS:\t2048 kB\n', schedstat: '0 0 0\n' };
  const { read, reads } = readerOf(texts);
  read();
  reads.length = 0;
  expect(read()?.memory).toBe(2 * MIB);
  expect(reads).not.toContain('status');
  texts.stat = statWith(1024);
  texts.status = 'VmRSS:\t4096 kB\n';
  expect(read()?.memory).toBe(4 * MIB);
});

import { expect, test } from 'vitest';
import { EXPECTED, hostBeside } from './support/beside.ts';

/** Two at a time, of those that cost the daemon most; beside each alone is tried where there are minutes for it. */
const PAIRS = [
  ['never-reads', 'endless-line'],
  ['tiny-requests', 'byte-a-second'],
  ['deep-json', 'denied'],
  ['slow-reads', 'storage-churn'],
  ['unread-bytes', 'many-keys'],
  ['permissions-list', 'prints'],
] as const;

test.each(PAIRS)(
  'a spoke is answered as ever beside %s and %s, and so is its user; who breaks the rules is ended',
  async (...pair) => {
    const { daemon, answers, ended } = await hostBeside(pair);
    expect(await answers()).toMatchObject(EXPECTED);
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
    await ended();
  },
  60_000,
);

import { expect, test } from 'vitest';
import { ATTACKS } from './attacks.mjs';
import { EXPECTED, hostBeside } from './support/beside.ts';

/** Two at a time, of those that cost the daemon most; beside each alone is tried where there are minutes for it. */
const PAIRS = [
  ['never-reads', 'endless-line'],
  ['tiny-requests', 'byte-a-second'],
  ['deep-json', 'denied'],
  ['slow-reads', 'storage-churn'],
  ['permissions-list', 'prints'],
] as const;

test.each(PAIRS)(
  'a spoke is answered as ever beside %s and %s, and so is its user',
  async (...pair) => {
    const { daemon, answers, states } = await hostBeside(pair);
    expect(await answers()).toMatchObject(EXPECTED);
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
    const ended = pair.filter((name) => ATTACKS[name]?.ends);
    const now = await states();
    expect(ended.map((name) => now[name])).not.toContain('ready');
  },
  60_000,
);

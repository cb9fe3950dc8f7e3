import { expect, it } from 'vitest';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { withDaemon } from '../integration/support/hosted-daemon.ts';
import { verifyJournal } from '../support/audit-log.ts';

const SPOKES = 10;
const ROUNDS = 500;

/** 64 requests at a time, of a kind each that is allowed, denied, and wrong. */
const BUSY = `export async function register(axium) {
  let answered = 0;
  for (let round = 0; round < ${ROUNDS}; round += 16) {
    const batch = [];
    for (let at = round; at < Math.min(round + 16, ${ROUNDS}); at += 1) {
      batch.push({ cmd: 'hud_segment_value', value: String(at) });
      batch.push({ cmd: 'fs_read', path: '~/mine/' + (at % 7) });
      batch.push({ cmd: 'fs_read', path: '/etc/passwd' });
      batch.push({ cmd: 'no_such_thing' });
    }
    answered += (await Promise.all(batch.map((request) => axium.sendRequest(request)))).length;
  }
  await axium.sendRequest({ cmd: 'storage_put', key: 'answers', value: JSON.stringify([{ ok: true, answered }]) });
}`;

it('ten spokes at once: every request has one answer and one decision, and the chain holds', async () => {
  const home = await makeAxiumHome();
  try {
    for (let at = 0; at < 7; at += 1) await home.put(`mine/${at}`, 'x'.repeat(4096));
    const names = Array.from({ length: SPOKES }, (_, index) => `busy-${index}`);
    for (const name of names) await home.addSpoke(name, 'permissions:\n  fs_read: [~/mine/*]\n', BUSY);
    await withDaemon(home, async ({ answersOf }) => {
      for (const name of names) expect(await answersOf(name)).toEqual([{ ok: true, answered: 4 * ROUNDS }]);
    });
    const decisions = (await home.records()).filter((record) => record.type === 'decision');
    expect(decisions).toHaveLength(SPOKES * (4 * ROUNDS + 1));
    expect(new Set(decisions.map(({ request }) => request)).size).toBe(decisions.length);
    expect(await verifyJournal(home.places.state)).toMatchObject({ ok: true });
  } finally {
    await home.remove();
  }
}, 300_000);

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { withDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(() => home.remove());

/** Takes memory that is no part of the heap, for as long as there is any. */
const GREEDY = `export function register() {
  const all = [];
  for (;;) all.push(Buffer.alloc(8_388_608, 1));
}`;

test('a confined spoke that takes more memory than it may is ended, and the record says memory', async () => {
  await home.put('../axium/config/config.yaml', 'sandbox:\n  memory: 64\n');
  await home.addSpoke('greedy', '', GREEDY);
  await home.addSpoke('modest', '', 'export function register() {}');
  await withDaemon(home, async ({ record, ask }) => {
    const failed = await record(
      (entry) => entry.type === 'event' && entry.event === 'spoke_failed' && entry.spoke === 'greedy',
    );
    expect(failed).toMatchObject({ detail: { reason: expect.stringContaining('memory') } });
    expect(['strong', 'kernel']).toContain((failed as { detail: { level?: unknown } }).detail.level);
    await record(
      (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'modest',
    );
    const { spokes } = (await ask({ cmd: 'spoke_list' })) as unknown as { spokes: object[] };
    expect(spokes).toContainEqual(expect.objectContaining({ name: 'modest', state: 'ready' }));
  });
});

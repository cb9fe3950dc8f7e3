import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { expect, onTestFinished } from 'vitest';
import { decodeValue } from '../../../core/portals/stored-value.ts';
import { type AxiumHome, askingCode, makeAxiumHome } from '../../integration/support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon } from '../../integration/support/hosted-daemon.ts';
import { ATTACKS } from '../attacks.mjs';

const SPOKES = new URL('../spokes/', import.meta.url);

/** What a spoke that behaves asks, and how each is answered where nobody is in its way. */
const ROUND = [
  { request: { cmd: 'hud_segment_value', value: 'here' }, answer: { ok: true } },
  { request: { cmd: 'get_permissions' }, answer: { ok: true } },
  { request: { cmd: 'fs_read', path: '~/good/a' }, answer: { ok: true, data: 'a' } },
  { request: { cmd: 'fs_read', path: '/etc/passwd' }, answer: { ok: false, code: 'denied' } },
  { request: { cmd: 'storage_put', key: 'kept', value: 'x' }, answer: { ok: true } },
  { request: { cmd: 'storage_get', key: 'kept' }, answer: { ok: true, value: 'x' } },
];
const ROUNDS = 5;
const rounds = Array.from({ length: ROUNDS }, () => ROUND).flat();

export const EXPECTED = rounds.map(({ answer }) => answer);

export interface Beside {
  readonly daemon: HostedDaemon;
  readonly home: AxiumHome;
  /** Has the spoke that behaves make its requests, and settles with the answers. */
  readonly answers: () => Promise<readonly Answer[]>;
  /** Settles once each of them that breaks the rules of the wire has been ended for it, by what is on record. */
  readonly ended: () => Promise<void>;
  /** The state of each hostile spoke. */
  readonly states: () => Promise<Readonly<Record<string, string>>>;
}

/** A daemon with these hostile spokes, all of them at it. It is gone after the test. */
export async function hostBeside(attacks: readonly string[]): Promise<Beside> {
  const home = await makeAxiumHome();
  onTestFinished(() => home.remove());
  await home.put('good/a', 'a');
  await home.put('big', 'x'.repeat(8_388_608));
  await mkdir(`${home.home}/mine`);
  const raw = await readFile(new URL('raw.mjs', SPOKES), 'utf8');
  for (const attack of attacks) {
    const code = await readFile(new URL(`${attack}.mjs`, SPOKES), 'utf8');
    await home.put(`../axium/config/spokes/x-${attack}/raw.mjs`, raw);
    await home.addSpoke(`x-${attack}`, ATTACKS[attack]?.permissions ?? '', code);
  }
  const daemon = await hostDaemon(home);
  onTestFinished(() => daemon.end());
  const statesOf = async () => {
    const { spokes } = (await daemon.ask({ cmd: 'spoke_list' })) as unknown as {
      spokes: { name: string; state: string }[];
    };
    return Object.fromEntries(spokes.map(({ name, state }) => [name.replace(/^x-/, ''), state]));
  };
  return {
    daemon,
    home,
    async ended() {
      const breaking = attacks.filter((attack) => ATTACKS[attack]?.ends);
      const reasons = breaking.map((attack) => endOf(daemon, `x-${attack}`));
      expect(await Promise.all(reasons)).toEqual(breaking.map(() => expect.stringMatching(BREACH)));
    },
    states: statesOf,
    async answers() {
      const storage = `${home.places.storage}/good`;
      await mkdir(storage, { recursive: true, mode: 0o700 });
      const stored = storedValue(`${storage}/answers.value`, storage);
      await home.addSpoke('good', 'permissions:\n  fs_read: [~/good/*]\n', goodCode());
      await daemon.ask({ cmd: 'spoke_reload' });
      return JSON.parse(await stored) as Answer[];
    },
  };
}

const BREACH = /^it broke the rules of the wire: /;

/** Why it failed, once it has: it goes at the others in its own time, and again each time it was restarted. */
async function endOf(daemon: HostedDaemon, spoke: string): Promise<unknown> {
  const failed = await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'spoke_failed' && entry.spoke === spoke,
  );
  return failed.type === 'event' ? failed.detail.reason : null;
}

/** Ready at once: its answers may take as long as they take. */
function goodCode(): string {
  const asking = askingCode(rounds.map(({ request }) => request));
  return `${asking.replace('export async function register', 'async function ask')}
export function register(axium) { void ask(axium); }`;
}

/** The journal is too long to be looked through while a spoke floods it: what the spoke stores is waited for itself. */
async function storedValue(file: string, directory: string): Promise<string> {
  const watcher = watch(directory);
  try {
    for (;;) {
      const changed = once(watcher, 'change');
      const bytes = await readFile(file).catch(() => null);
      if (bytes !== null) return decodeValue(bytes) ?? '';
      await changed;
    }
  } finally {
    watcher.close();
  }
}

import * as fs from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { hostDaemon } from '../integration/support/hosted-daemon.ts';

const REPLACED = Number(process.env.AXIUM_REPLACED ?? 90);
/** So many follow each other at once, faster than any of them can be confirmed; then the last one stays. */
const AT_ONCE = 30;
const APART_MS = 15;
/** A version counts in full once it was the same twice, so far apart. Milliseconds, and a little less. */
const CONFIRMED_MS = 140;
/** A machine that is busy with something else takes so long until it looks; no measure of anything. */
const LATE_MS = 5000;

/** Allows one file, which no other version does; a beginning of it allows more than the whole. */
const version = (n: number) => `lab:
  fs_read: [~/v/${n}, ~/secret]
  deny:
    fs_read: [~/secret]
`;

/** Asks for the files of this version and of some before it, and for what no version allows. */
const PROBE = `export function register(axium) {
  const ask = (path) => axium.sendRequest({ cmd: 'fs_read', path });
  const probe = async () => {
    const { data } = await ask('~/now');
    const n = Number(data);
    await Promise.all([ask('~/secret'), ...[0, 1, 2, 10, 29, 30].map((back) => ask('~/v/' + Math.max(0, n - back)))]);
    setTimeout(probe, 5);
  };
  void probe();
}
`;

test(
  `while permissions.yaml is replaced ${REPLACED} times by rename, by writing and by a link, no decision is wider than the version before and the one that is there`,
  async () => {
    const home = await makeAxiumHome();
    onTestFinished(home.remove);
    const { permissionsFile } = home.places;
    for (let n = 0; n <= REPLACED; n += 1) await home.put(`v/${n}`, 'x');
    await home.put('secret', 'x');
    await home.put('now', '0');
    await home.addSpoke('lab', 'permissions:\n  fs_read: [~/now]\n', PROBE);
    await home.permissions(version(0));
    const since: number[] = [Date.now()];
    const ways = [byRename, byWriting, byLink];
    // One piece, however long it gets.
    await home.put('../axium/config/config.yaml', 'audit:\n  piece: 1024\n  size: 4096\n');
    const daemon = await hostDaemon(home);
    const allows = (n: number) =>
      daemon.record(
        (entry) => entry.type === 'decision' && entry.resource === `~/v/${n}` && entry.effect === 'allow',
      );
    try {
      await daemon.record((entry) => entry.type === 'decision' && entry.resource === '~/v/0');
      for (let n = 1; n <= REPLACED; n += 1) {
        (ways[n % ways.length] ?? byRename)(permissionsFile, version(n), n);
        since.push(Date.now());
        fs.writeFileSync(`${home.home}/now.new`, `${n}`);
        fs.renameSync(`${home.home}/now.new`, `${home.home}/now`);
        if (n % AT_ONCE === 0) await allows(n);
        else await new Promise((resolve) => setTimeout(resolve, APART_MS));
      }
    } finally {
      await daemon.end();
    }
    const decisions = (await home.records()).filter((entry) => entry.type === 'decision');
    const allowed = decisions.filter(({ effect }) => effect === 'allow');
    const wider = allowed.filter(({ resource, time }) => {
      if (resource === '~/now') return false;
      const n = Number(/^~\/v\/(\d+)$/.exec(resource ?? '')?.[1]);
      const [from, to] = [since[n] ?? Number.POSITIVE_INFINITY, since[n + 1] ?? Number.POSITIVE_INFINITY];
      const at = Date.parse(time);
      return at < from || at > to + LATE_MS || to - from < CONFIRMED_MS;
    });
    expect(wider).toEqual([]);
    // Each that stayed was allowed by then; many were asked for, or this would show nothing.
    expect(decisions.length).toBeGreaterThan(2 * REPLACED);
    console.log(`${REPLACED} versions, ${decisions.length} decisions, ${allowed.length} of them allowed`);
  },
  60_000 + REPLACED * 1000,
);

function byRename(path: string, text: string): void {
  fs.writeFileSync(`${path}.new`, text);
  fs.renameSync(`${path}.new`, path);
}

/** As `>` does it: emptied, then written in two pieces, of which the first is valid and wider. */
function byWriting(path: string, text: string): void {
  const fd = fs.openSync(path, 'w');
  const half = text.indexOf('  deny');
  fs.writeSync(fd, text.slice(0, half));
  fs.writeSync(fd, text.slice(half));
  fs.closeSync(fd);
}

function byLink(path: string, text: string, n: number): void {
  fs.writeFileSync(`${path}.version-${n}`, text);
  fs.symlinkSync(`${path}.version-${n}`, `${path}.link`);
  fs.renameSync(`${path}.link`, path);
}

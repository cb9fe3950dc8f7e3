import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { takeSnapshot } from '../chaos/package-snapshot.ts';
import { seeded } from '../chaos/seeded.ts';
import { startDaemon } from '../damage/start-daemon.ts';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { createEditor, wholeFile } from './support/permission-edits.ts';

const EDITS = Number(process.env.AXIUM_EDITS ?? 30);
const EVERY_MS = 100;

/** Tries what its user forbids, a hundred times a second. */
const PROBE = `export async function register(axium) {
  setInterval(() => {
    void axium.sendRequest({ cmd: 'daemon_exec', command: ['touch', 'HOME/ran'], mode: 'wait' });
    void axium.sendRequest({ cmd: 'fs_write', path: '~/secret/x', data: 'x' });
    void axium.sendRequest({ cmd: 'fs_write', path: '~/own/x', data: 'x' });
  }, 10);
}
`;

test(
  'while permissions.yaml is edited, broken, cut and switched, what it denies all the time is never let through',
  async () => {
    const home = await makeAxiumHome();
    onTestFinished(home.remove);
    for (const name of ['secret', 'own']) mkdirSync(`${home.home}/${name}`);
    await home.addSpoke(
      'lab',
      'permissions:\n  exec: true\n  fs_write: [~/secret/*, ~/own/*]\n',
      PROBE.replace('HOME', home.home),
    );
    writeFileSync(home.places.configFile, 'sandbox:\n  require: none\n  skip: [strong, kernel, seatbelt]\n');
    await home.permissions(wholeFile('first'));
    const editor = createEditor(home.places.permissionsFile, seeded(5));
    const snapshot = await takeSnapshot();
    onTestFinished(snapshot.remove);
    const daemon = await startDaemon(snapshot, home.env);
    const pause = () => new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    try {
      while (!(await home.records()).some(({ type }) => type === 'decision')) await pause();
      for (let edit = 0; edit < EDITS; edit += 1) {
        editor.edit();
        await pause();
      }
    } finally {
      await daemon.end();
    }
    const decisions = (await home.records()).filter((entry) => entry.type === 'decision');
    const isExcused = (time: string) =>
      editor.excused.some(({ from, to }) => Date.parse(time) >= from && Date.parse(time) <= to);
    const forbidden = decisions.filter(
      ({ action, resource }) => action === 'exec' || resource === '~/secret/x',
    );
    const letThrough = forbidden.filter(({ effect, time }) => effect !== 'deny' && !isExcused(time));
    expect(letThrough).toEqual([]);
    if (editor.excused.length === 0) {
      expect([existsSync(`${home.home}/ran`), existsSync(`${home.home}/secret/x`)]).toEqual([false, false]);
    }
    // It was edited in fact, and probed, and what is allowed by every version went on being allowed.
    // What is exchanged before it is confirmed changes no rights; what is broken is on record each time.
    const told = ['authz_change', 'overrides_refused'];
    const changes = (await home.records()).filter(
      (entry) => entry.type === 'event' && told.includes(entry.event),
    );
    expect(changes.length).toBeGreaterThan(3);
    expect(forbidden.length).toBeGreaterThan(EDITS);
    const own = decisions.filter(({ resource }) => resource === '~/own/x');
    expect(own.filter(({ effect }) => effect === 'allow').length).toBeGreaterThan(EDITS);
    console.log(
      `${EDITS} edits, ${forbidden.length} forbidden requests, ${changes.length} changes and refusals on record`,
    );
  },
  60_000 + EDITS * 2000,
);

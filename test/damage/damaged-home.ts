import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { grantsFile } from '../../core/approvals/grants-file.ts';
import { UNANSWERED } from '../../core/approvals/unanswered-file.ts';
import { CHOSEN } from '../../core/environments/environments.ts';
import { keptFile } from '../../core/kept-file.ts';
import { encodeValue } from '../../core/portals/stored-value.ts';
import { type Places, placesFor } from '../../schemas/places.ts';
import type { Snapshot } from '../chaos/package-snapshot.ts';
import { createPowers } from '../support/powers.ts';
import { askOf, type RunningDaemon, startDaemon } from './start-daemon.ts';

/** Everything of the state that a daemon reads or goes on with. */
export const STATE_FILES = {
  'audit.jsonl': ({ auditLog }: Places) => auditLog,
  'security.log': ({ securityLog }: Places) => securityLog,
  'notifications.jsonl': ({ notifications }: Places) => notifications,
  'permissions.last-good.json': ({ lastGoodPermissions }: Places) => lastGoodPermissions,
  'grants.json': ({ grants }: Places) => grants,
  'consents.json': ({ consents }: Places) => consents,
  'environment.json': ({ chosenEnvironment }: Places) => chosenEnvironment,
  'unanswered.json': ({ unanswered }: Places) => unanswered,
  'latest-time.json': ({ latestTime }: Places) => latestTime,
  'daemon.log': ({ daemonLog }: Places) => daemonLog,
  'axiumd.lock': ({ lock }: Places) => lock,
  'a stored value': ({ storage }: Places) => `${storage}/lab/key.value`,
  'a log of a spoke': ({ spokeLogs }: Places) => `${spokeLogs}/lab.log`,
} as const;

export type StateFile = keyof typeof STATE_FILES;

/** What the spoke has stored. */
export const STORED = 'a value\nof two lines\n';

/** What the spoke may by its manifest, and its user has taken away. */
const OVERRIDE = 'lab:\n  exec: false\n';
/** No canary and no namespace: it is about files here, and there are many starts. */
const CONFIG = 'sandbox:\n  require: none\n  skip: [strong, kernel, seatbelt]\n';

const LAB = `export async function register(axium) {
  await axium.sendRequest({ cmd: 'daemon_exec', command: 'id', mode: 'wait' });
  await axium.sendRequest({ cmd: 'fs_write', path: '~/written', data: 'x' });
  const got = await axium.sendRequest({ cmd: 'storage_get', key: 'key' });
  await axium.sendRequest({ cmd: 'storage_put', key: 'got', value: JSON.stringify(got) });
}
`;

/** The state that a daemon leaves which was used a little, once for all cases. */
export interface Template {
  readonly snapshot: Snapshot;
  readonly root: string;
  readonly remove: () => Promise<void>;
}

export interface DamagedHome {
  readonly places: Places;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

export async function makeTemplate(snapshot: Snapshot): Promise<Template> {
  const root = await mkdtemp(`${tmpdir()}/axium-test-`);
  const { places, env } = homeAt(root);
  await mkdir(`${root}/home`, { mode: 0o700 });
  await mkdir(`${places.spokesDirectory}/lab`, { recursive: true, mode: 0o700 });
  await mkdir(places.state, { recursive: true, mode: 0o700 });
  writeFileSync(places.permissionsFile, OVERRIDE);
  writeFileSync(places.configFile, CONFIG);
  const manifest = 'name: lab\nversion: 0.1.0\nentrypoint: main:register\n';
  const permissions = 'permissions:\n  exec: true\n  fs_write: [~/written]\n';
  writeFileSync(`${places.spokesDirectory}/lab/spoke.yaml`, manifest + permissions);
  writeFileSync(`${places.spokesDirectory}/lab/main.mjs`, LAB);
  const daemon = await startDaemon(snapshot, env);
  if (!daemon.ready.ok) throw new Error(`the template did not start: ${daemon.ready.error}`);
  for (const title of ['first', 'second']) await askOf(places, { cmd: 'notify', title });
  await daemon.end();
  await mkdir(`${places.storage}/lab`, { recursive: true, mode: 0o700 });
  writeFileSync(`${places.storage}/lab/key.value`, encodeValue(STORED), { mode: 0o600 });
  const grant = { id: 'g00000001', principal: 'spoke:lab', words: ['/usr/bin/id'], origin: 'a test' };
  const powers = { ...createPowers(), uid: process.getuid?.() ?? 0 };
  await grantsFile(powers, places.grants).write([grant]);
  const asked = [{ id: '0'.repeat(32), principal: 'spoke:lab' }];
  await keptFile(powers, places.unanswered, UNANSWERED).write(asked);
  await keptFile(powers, places.chosenEnvironment, CHOSEN).write({ environment: 'prod' });
  // As a daemon leaves it that was killed.
  writeFileSync(places.lock, JSON.stringify({ pid: 1, began: 'another boot:1' }), { mode: 0o600 });
  return { snapshot, root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** A copy of the template, to be damaged. */
export async function copyTemplate({ root }: Template): Promise<DamagedHome> {
  const copy = await mkdtemp(`${tmpdir()}/axium-test-`);
  await cp(root, copy, { recursive: true, preserveTimestamps: true });
  return { ...homeAt(copy), remove: () => rm(copy, { recursive: true, force: true }) };
}

/** Files beside this one that hold just these bytes, under the names by which damaged ones are kept. */
export function keptCopies(path: string, bytes: Buffer): readonly string[] {
  return readdirSync(dirname(path)).filter(
    (name) =>
      name.startsWith(`${basename(path)}.damaged`) && readFileSync(`${dirname(path)}/${name}`).equals(bytes),
  );
}

/** What a file holds; nothing where it is none, since a FIFO would be waited for. */
export function textOf(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : '';
}

/** The records that an audit log has so far, as far as its lines are records. */
export function recordsIn({ auditLog }: Places): readonly Record<string, unknown>[] {
  return textOf(auditLog)
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
}

function homeAt(root: string) {
  const home = `${root}/home`;
  const env = { HOME: home, AXIUM_HOME: `${root}/axium`, PATH: '/usr/bin:/bin', UV_THREADPOOL_SIZE: '16' };
  return { places: placesFor(env, home), home, env };
}

export type { RunningDaemon };

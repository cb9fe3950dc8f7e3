import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPeerLookup } from '../../core/control/peer.ts';
import { createPowers } from '../support/powers.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** One daemon whose socket everybody can open, and the people and commands that do. */
const PEER = fileURLToPath(new URL('../control/support/peer.pl', import.meta.url));
const PERL = '/usr/bin/perl';
const STRANGER = '65534';
const isRoot = process.getuid?.() === 0;

let home: AxiumHome;
let daemon: HostedDaemon;
let group: { readonly name: string; readonly gid: string } | undefined;
let known = false;

beforeAll(async () => {
  home = await makeAxiumHome();
  known = (await loadPeerLookup(createPowers().filesNow)) !== null && existsSync(PERL);
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const [name = '', , gid = ''] = groups.find(([, , gid]) => Number(gid) > 1) ?? [];
  group = { name, gid };
  await home.put('../axium/config/config.yaml', 'socket:\n  mode: 0666\nsandbox:\n  require: none\n');
  for (const directory of [home.root, dirname(home.places.run)]) await chmod(directory, 0o711);
  daemon = await hostDaemon(home, {
    ...{ AXIUM_OPERATOR_GROUP: name, AXIUM_ADMIN_GROUP: 'no-such-group' },
    AXIUM_ON_UNKNOWN_GROUPS: 'operator',
  });
}, 30_000);

afterAll(async () => {
  await daemon.end();
  await home.remove();
});

const stranger = (groups: string, ...words: readonly string[]) =>
  peer('as', STRANGER, STRANGER, groups, ...words);

function peer(...words: readonly string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    execFile(PERL, [PEER, home.places.socket, ...words], (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as Record<string, unknown>);
    });
  });
}

test('the user of the daemon is its admin, and whoami says so', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  const { stdout } = await runCli(home, ['whoami', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ uid: process.getuid?.(), tier: 'admin', dangerous: false });
  const { stdout: text } = await runCli(home, ['whoami']);
  expect(text).toMatch(/^principal {13}user:\d+\n.*\ntier {18}admin \(/s);
});

test('a group of the environment that is not there is told once, and lets nobody in', async () => {
  const { notes } = (await daemon.ask({ cmd: 'status' })) as unknown as { notes: string[] };
  expect(notes.filter((note) => note.includes('AXIUM_ADMIN_GROUP'))).toEqual([
    "AXIUM_ADMIN_GROUP: there is no group 'no-such-group' on this host, so nobody is in it",
  ]);
});

test('that who is not known is an operator is warned of at the start', async () => {
  const log = await readFile(home.places.daemonLog, 'utf8');
  const warned = log.split('\n').filter((line) => line.includes('AXIUM_ON_UNKNOWN_GROUPS=operator'));
  expect(warned).toHaveLength(1);
});

test.runIf(isRoot)('everybody else has the tier of their groups', async ({ skip }) => {
  skip(!known, 'koffi or perl does not run here');
  expect(await stranger('', 'ask')).toMatchObject({ tier: 'readonly', uid: Number(STRANGER) });
  expect(await stranger(group?.gid ?? '', 'ask')).toMatchObject({
    tier: 'operator',
    why: `in the group ${group?.name}`,
  });
});

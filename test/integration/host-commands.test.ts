import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

test('a command cannot change what its own spoke says of itself, nor what lies above that', async (context) => {
  const text = 'name: mine\nversion: "1"\nentrypoint: main:register\npermissions:\n  exec: true\n';
  const manifest = await home.put('src/spokes/mine/spoke.yaml', text);
  const exchange = (path: string) =>
    `cp -r ${path} ${path}.new; mv ${path} ${path}.old && mv ${path}.new ${path}`;
  const change = `${exchange('~/src')}; ${exchange('~/src/spokes')}; echo '# more' >> ${manifest} || echo refused`;
  const command = { cmd: 'daemon_exec', command: ['sh', '-c', change], mode: 'wait' };
  await home.put('src/spokes/mine/main.mjs', askingCode([command]));
  daemon = await hostDaemon(home, { AXIUM_SPOKES_PATH: `${home.home}/src/spokes` });
  const { notes } = daemon.ready as { notes?: readonly string[] };
  if (notes?.some((note) => note.startsWith('commands have no namespace'))) context.skip(notes.join('\n'));
  expect(await daemon.answersOf('mine')).toMatchObject([{ ok: true, stdout: 'refused\n' }]);
  expect(await readFile(manifest, 'utf8')).toBe(text);
});

test('a spoke whose commands may make namespaces is named in status, in its permissions and on record', async () => {
  await home.put('../axium/config/config.yaml', 'exec:\n  namespaces: [mine]\n');
  await home.addSpoke('mine', 'permissions:\n  exec: true\n', askingCode([COMMAND]));
  await home.addSpoke('other', 'permissions:\n  exec: true\n', askingCode([COMMAND]));
  daemon = await hostDaemon(home);
  for (const spoke of ['mine', 'other']) expect(await daemon.answersOf(spoke)).toMatchObject([{ ok: true }]);
  const note = 'exec.namespaces of config.yaml names it: its commands may make namespaces of their own';
  expect((await runCli(home, ['status'])).stdout).toContain(`note: spoke mine: ${note}`);
  expect((await runCli(home, ['perms', 'show', 'mine'])).stdout).toContain(note);
  expect((await runCli(home, ['perms', 'show', 'other'])).stdout).not.toContain(note);
  const events = (await home.records()).filter((record) => record.type === 'event');
  expect(events.filter(({ event }) => event === 'job_free')).toMatchObject([
    { spoke: 'mine', detail: { argv: ['/usr/bin/true'] } },
  ]);
});

test('a command that exchanges a link on the way to the configuration gives its spoke nothing, and is noticed', async () => {
  const { config } = home.places;
  const exchange = `mv ${config} ${config}.old && mkdir -m 700 ${config} && printf 'mine:\\n  fs_read: [~/secret]\\n' > ${config}/permissions.yaml`;
  const read = { cmd: 'fs_read', path: '~/secret' };
  await home.put('secret', 'x');
  await home.put('dot/config/config.yaml', '');
  await mkdir(dirname(config), { mode: 0o700 });
  await symlink(`${home.home}/dot/config`, config);
  await home.addSpoke(
    'mine',
    'permissions:\n  exec: true\n',
    askingCode([
      { cmd: 'daemon_exec', command: ['sh', '-c', exchange], mode: 'wait' },
      { cmd: 'load_spoke_permissions' },
      read,
    ]),
  );
  daemon = await hostDaemon(home);
  expect(await daemon.answersOf('mine')).toMatchObject([
    { ok: true, code: 0, stderr: '' },
    { ok: false, code: 'invalid' },
    { ok: false, code: 'denied' },
  ]);
  const refused = await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'overrides_refused',
  );
  expect(refused).toMatchObject({
    detail: {
      problem: expect.stringContaining(`${config}: is another directory than when the daemon started`),
    },
  });
  expect(await daemon.ask({ cmd: 'spoke_reload' })).toMatchObject({ ok: false });
});

const COMMAND = { cmd: 'daemon_exec', command: ['true'], mode: 'wait' };

import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

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

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atTerminal, NO_TERMINAL } from '../cli/support/terminal.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type CliRun, type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/axium.cjs', import.meta.url));

let home: AxiumHome;
let daemon: HostedDaemon;

const CODE = `export async function register(axium) {
  await axium.command('read', (args) => axium.fs.read(args[0]));
  await axium.command('config', async () => JSON.stringify(await axium.config()));
}
`;
const PERMISSIONS = `permissions:
  notify: true
  fs_read:
    - ~/notes/*.txt
`;

beforeAll(async () => {
  home = await makeAxiumHome();
  await home.put('notes/todo.md', 'call the plumber\n');
  await home.put('notes/plan.md', 'none\n');
  await home.addSpoke('weather', PERMISSIONS, CODE);
  await mkdir(`${home.root}/bin`);
  await writeFile(`${home.root}/bin/axium`, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  await chmod(`${home.root}/bin/axium`, 0o755);
  daemon = await hostDaemon(home);
  await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_ready');
});

afterAll(async () => {
  await daemon.end();
  await home.remove();
});

const axium = (...args: readonly string[]) => runCli(home, args);
const read = (name: string) => axium('weather', 'read', `~/notes/${name}`);
const file = () => readFile(home.places.permissionsFile, 'utf8').catch(() => null);
const reviewed = async () => JSON.parse((await axium('perms', 'review')).stdout) as readonly object[];

/** Runs a line as somebody does who copies it into a shell. */
function typed(line: string): Promise<CliRun> {
  const env = { ...home.env, PATH: `${home.root}/bin:/usr/bin:/bin` };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', line], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** The command behind a label of what `why` prints. */
function commandIn(told: string, label: string): string {
  return (
    told
      .split('\n')
      .find((line) => line.startsWith(label))
      ?.slice(label.length)
      .trim() ?? ''
  );
}

const FIX = '  fix      ';
const KEEP = '  or keep it denied and quiet:  ';

test('three denials are told with what nearly allows them, and the fix that is printed allows just that', async () => {
  for (const _ of [1, 2, 3]) expect((await read('todo.md')).code).toBe(1);
  const { stdout, ...rest } = await axium('why');
  expect(rest).toEqual({ code: 0, stderr: '' });
  expect(
    stdout.replace(/\d\d:\d\d:\d\d/, '10:14:03'),
  ).toBe(`weather was denied fs_read ~/notes/todo.md      3 times, last 10:14:03
  because  no rule allows it
           spokes/weather/spoke.yaml:7   asks for  ~/notes/*.txt
  fix      axium perms allow weather fs_read '~/notes/todo.md'
           axium perms allow weather fs_read '~/notes/*.md' --for 1h      wider, expires
  or keep it denied and quiet:  axium perms deny weather fs_read '~/notes/todo.md'
`);
  expect(await reviewed()).toMatchObject([
    {
      spoke: 'weather',
      action: 'fs_read',
      count: 3,
      fixes: [
        { command: "axium perms allow weather fs_read '~/notes/todo.md'" },
        { command: "axium perms allow weather fs_read '~/notes/*.md' --for 1h" },
      ],
      keep: { command: "axium perms deny weather fs_read '~/notes/todo.md'" },
    },
  ]);
  expect(await typed(commandIn(stdout, FIX))).toEqual({
    code: 0,
    stdout: `${home.places.permissionsFile}
@@ -0,0 +1,3 @@
+weather:
+  fs_read:
+    - ~/notes/todo.md

weather
  + fs_read: ~/notes/todo.md (override, ${home.places.permissionsFile}:3:7)
`,
    stderr: '',
  });
  expect(await read('todo.md')).toMatchObject({ code: 0, stdout: 'call the plumber\n' });
  expect((await read('plan.md')).code).toBe(1);
  expect((await axium('perms', 'undo')).code).toBe(0);
  expect(await file()).toBeNull();
  expect((await read('todo.md')).code).toBe(1);
});

test('what is kept denied is denied, and nobody is told of it again', async () => {
  await read('todo.md');
  const { stdout } = await axium('why');
  expect((await typed(commandIn(stdout, KEEP))).code).toBe(0);
  expect((await read('todo.md')).code).toBe(1);
  expect(await reviewed()).toMatchObject([{ fixes: [{ command: expect.stringContaining('plan.md') }, {}] }]);
});

test.skipIf(NO_TERMINAL)('at a terminal the first proposal counts once it is chosen', async () => {
  const shown = await atTerminal(home, ['1'], 'perms', 'review');
  expect(shown).toMatch(/weather was denied fs_read ~\/notes\/plan\.md {6}once, \d\d:\d\d:\d\d\r\n/);
  expect(await read('plan.md')).toMatchObject({ code: 0, stdout: 'none\n' });
  expect((await axium('perms', 'review')).stdout).toBe('[]\n');
});

test('a broken configuration is told to the spoke in a line, and to whoever looks into its log in full, once', async () => {
  const { overridesDirectory } = home.places;
  const base = `${home.places.spokesDirectory}/weather/weather.yaml`;
  await axium('perms', 'allow', 'weather', 'fs_read', base, '--yes');
  await writeFile(
    `${overridesDirectory}/weather.yaml`,
    'city: Oslo\ncity: Rome\nunits: &u metric\nother: *u\n',
  );
  for (const _ of [1, 2]) {
    const { code, stderr } = await axium('weather', 'config');
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toContain(`${overridesDirectory}/weather.yaml:2:1: `);
  }
  const { stdout } = await axium('spoke', 'logs', 'weather');
  expect(stdout.match(/its configuration is not valid/g)).toHaveLength(1);
  expect(stdout).toContain('  1 | city: Oslo\n  2 | city: Rome\n');
  expect(stdout.match(/weather\.yaml:\d+:\d+: /g)?.length).toBeGreaterThan(1);
});

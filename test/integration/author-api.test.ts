import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

const WATCHER = `export async function register(axium) {
  const told = [];
  const watching = await axium.fs.watch('~/notes', ({ names }) => { told.push(...(names ?? ['many'])); });
  watching.ended.then((failure) => axium.storage.put('ended', failure?.code ?? 'stopped'));
  await axium.command('told', () => JSON.stringify(told));
  await axium.command('stream', async (args, { print }) => {
    const { output, finished } = axium.exec(['sh', '-c', 'echo out; echo err >&2'], { mode: 'stream' });
    for await (const { stream, text } of output) print(stream + ': ' + text);
    return (await finished).code;
  });
  await axium.command('denied', async (args, { print }) => {
    const { output, finished } = axium.exec(['id'], { mode: 'stream' });
    try { for await (const piece of output) print(piece.text); } catch (error) { print(error.code + ' ' + error.entry); }
    await finished.catch((error) => print(error.code));
  });
}
`;

let home: AxiumHome;
let daemon: HostedDaemon;

const CODE = `export async function register(axium, events) {
  const heard = [];
  const hear = (line) => { heard.push(line); return axium.storage.put('heard', JSON.stringify(heard)); };
  events.on('env_change', (now, before) => hear('env ' + before + ' -> ' + now + ', is ' + axium.environment()));
  events.on('config_changed', async () => hear('config ' + JSON.stringify(await axium.config())));
  events.on('spoke_loaded', (name) => hear('loaded ' + name));
  await axium.command('say', (args, { print, warn }) => {
    print(args.join('|'));
    warn('\\u001b[31mred');
    return 7;
  }, { about: 'says it again' });
  await axium.command('fail', () => { throw new Error('it broke'); });
  heard.push('begins in ' + axium.environment());
  await axium.command('heard', () => JSON.stringify(heard));
}
`;

beforeAll(async () => {
  home = await makeAxiumHome();
  const spokes = home.places.spokesDirectory;
  await home.addSpoke('echo', `permissions:\n  fs_read: ['${spokes}/echo/echo.yaml']\n`, CODE);
  await home.addSpoke('mute', '', 'export function register() {}\n');
  await home.put('notes/a.md', 'a');
  await home.addSpoke('watcher', 'permissions:\n  fs_read: [~/notes/*.md]\n  exec: [sh ...]\n', WATCHER);
  daemon = await hostDaemon(home);
  for (const spoke of ['echo', 'mute', 'watcher'])
    await daemon.record((one) => one.type === 'event' && one.event === 'spoke_ready' && one.spoke === spoke);
});

afterAll(async () => {
  await daemon?.end();
  await home?.remove();
});

describe('axium <spoke> <command>', () => {
  test('prints what the spoke says, made safe for a terminal, and ends with its exit code', async () => {
    expect(await runCli(home, ['echo', 'say', 'a b', '--json', '-x', '\\n'])).toEqual({
      code: 7,
      stdout: 'a b|--json|-x|\\n\n',
      stderr: '\\u001b[31mred\n',
    });
    const called = await daemon.record((one) => one.type === 'event' && one.event === 'spoke_command');
    expect(called).toMatchObject({
      spoke: 'echo',
      detail: { command: 'say', args: '["a b","--json","-x","\\\\n"]' },
    });
    expect(
      await daemon.record((one) => one.type === 'event' && one.event === 'spoke_command_done'),
    ).toMatchObject({ spoke: 'echo', detail: { code: 7 } });
  });

  test('a command that throws ends with 1 and its message', async () => {
    expect(await runCli(home, ['echo', 'fail'])).toEqual({ code: 1, stdout: '', stderr: 'it broke\n' });
  });

  test.each([
    [['echo', '--help'], 0, 'Commands of spoke echo:\n  fail\n  heard\n  say    says it again\n', ''],
    [['echo'], 64, '', "axium: expected one of: fail, heard, say; see 'axium echo --help'\n"],
    [['mute'], 64, '', "axium: spoke 'mute' has no commands\n"],
    [['mute', 'x'], 64, '', "axium: spoke 'mute' has no command 'x'\n"],
    [['echo', 'sya'], 64, '', "axium: spoke 'echo' has no command 'sya'; it has: fail, heard, say\n"],
    [['stauts', 'x'], 64, '', "axium: unknown command 'stauts'; did you mean status?; see 'axium --help'\n"],
    [['creds', 'x'], 1, '', "axium: spoke 'creds' is not enabled; run 'axium spoke enable creds'\n"],
  ])('%j ends with %i', async (words, code, stdout, stderr) => {
    expect(await runCli(home, words)).toEqual({ code, stdout, stderr });
  });
});

test('a spoke hears of changes that its entries cover, until the right to them is gone', async () => {
  const told = async () => JSON.parse((await runCli(home, ['watcher', 'told'])).stdout) as string[];
  await home.put('notes/secret.txt', 'x');
  await home.put('notes/b.md', 'x');
  await untilTold(told, 'b.md');
  await home.permissions('watcher:\n  deny: {fs_read: [~/notes]}\n');
  const revoked = await daemon.record((one) => one.type === 'event' && one.event === 'watch_revoked');
  expect(revoked).toMatchObject({ spoke: 'watcher', detail: { path: `${home.home}/notes` } });
  expect(await told()).not.toContain('secret.txt');
});

test('a command that is streamed comes as it is written; a denial comes to whoever reads it', async () => {
  const { code, stdout } = await runCli(home, ['watcher', 'stream']);
  expect({ code, lines: stdout.trimEnd().split('\n').sort() }).toEqual({
    code: 0,
    lines: ['stderr: err', 'stdout: out'],
  });
  expect(await runCli(home, ['watcher', 'denied'])).toMatchObject({
    code: 0,
    stdout: 'denied exec: [id]\ndenied\n',
  });
});

test('environments are listed, chosen and told to spokes, whose configuration follows', async () => {
  const { overridesDirectory, environmentsFile } = home.places;
  await writeFile(environmentsFile, 'dev: {region: eu-1}\nprod: {region: us-1}\n');
  await writeFile(
    `${overridesDirectory}/echo.yaml`,
    `default: {where: "\${env.region}", level: low}\nprod: {level: high}\n`,
  );
  expect(await runCli(home, ['env', 'get'])).toMatchObject({ code: 1 });
  expect(await runCli(home, ['env', 'set', 'nosuch'])).toMatchObject({ code: 1 });
  expect(await runCli(home, ['env', 'set', 'prod'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await runCli(home, ['env', 'list'])).toEqual({ code: 0, stdout: '  dev\n* prod\n', stderr: '' });
  expect(await runCli(home, ['env', 'get'])).toEqual({ code: 0, stdout: 'prod\n', stderr: '' });
  expect(await runCli(home, ['env', 'get', 'region'])).toEqual({ code: 0, stdout: 'us-1\n', stderr: '' });
  await daemon.record((one) => one.type === 'event' && one.event === 'environment_change');
  await runCli(home, ['spoke', 'reload', 'mute']);
  const told = () => runCli(home, ['echo', 'heard']).then(({ stdout }) => JSON.parse(stdout) as string[]);
  const seen = await untilTold(told, 'config {"where":"us-1","level":"high"}');
  expect(seen).toContain('env null -> prod, is prod');
  expect(seen.filter((line) => line.startsWith('loaded'))).toContain('loaded mute');
  await runCli(home, ['spoke', 'reload', 'echo']);
  expect(await told()).toContain('begins in prod');
  expect(await runCli(home, ['env', 'unset'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await runCli(home, ['env', 'get'])).toMatchObject({ code: 1 });
  await untilTold(told, 'env prod -> null, is null');
});

/** Each look is a call of the spoke, which answers once it has heard of what came before. */
async function untilTold(told: () => Promise<string[]>, line: string): Promise<string[]> {
  for (;;) {
    const heard = await told();
    if (heard.includes(line)) return heard;
  }
}

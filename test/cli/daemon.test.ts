import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { axium, makeWorld, PACKAGE, runIn } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';
import { packageWith } from './support/package-copy.ts';
import { endDaemonAfterwards, gone, pidIn } from './support/real-daemon.ts';

test('a daemon that was started outlives the command, answers, and is gone once stop returns', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  const started = await axium(world, 'daemon', 'start');
  const pid = pidIn(started.stdout);
  expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: '' });
  expect(started.stdout.split('\n')[0]).toBe(`axiumd started, pid ${pid}`);
  expect(JSON.parse((await axium(world, 'ping', '--json')).stdout)).toMatchObject({ pid, strict: false });
  expect(await axium(world, 'daemon', 'stop')).toEqual({ code: 0, stdout: 'axiumd stopped\n', stderr: '' });
  expect(await gone(pid)).toBe(true);
});

test('starting a daemon where one runs is no failure and starts no other', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  const pid = pidIn((await axium(world, 'daemon', 'start')).stdout);
  expect(await axium(world, 'daemon', 'start')).toEqual({
    code: 0,
    stdout: `axiumd is running, pid ${pid}\n`,
    stderr: '',
  });
});

test('of two starts at once both succeed and name the same daemon', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  const started = await Promise.all([axium(world, 'daemon', 'start'), axium(world, 'daemon', 'start')]);
  const settled = started.filter(({ code }) => code === 0);
  const { pid } = JSON.parse((await axium(world, 'ping', '--json')).stdout);
  // The loser of the race may find a daemon that does not answer yet, and then says to try again.
  expect(started.map(({ code }) => code).filter((code) => code !== 0 && code !== 75)).toEqual([]);
  expect(settled.map(({ stdout }) => pidIn(stdout))).toEqual(settled.map(() => pid));
  expect(settled.length).toBeGreaterThan(0);
});

test('restart hands the strict mode of its caller to the new daemon, on and off, and verifies it', async () => {
  const world = await makeWorld();
  const strict = { ...world, env: { ...world.env, AXIUM_PERMS_STRICT: '1' } };
  endDaemonAfterwards(world);
  const first = pidIn((await axium(world, 'daemon', 'start')).stdout);
  const on = await axium(strict, 'daemon', 'restart');
  expect(on.stdout.split('\n').slice(0, 2)).toEqual([
    `axiumd restarted, pid ${pidIn(on.stdout)}`,
    'strict mode: on',
  ]);
  expect(await gone(first)).toBe(true);
  expect(JSON.parse((await axium(world, 'ping', '--json')).stdout)).toMatchObject({
    pid: pidIn(on.stdout),
    strict: true,
  });
  const off = await axium(world, 'daemon', 'restart');
  expect(off.stdout).not.toContain('strict mode: on');
  expect(JSON.parse((await axium(world, 'ping', '--json')).stdout)).toMatchObject({ strict: false });
});

test('restart where none runs starts one', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  const { code, stdout } = await axium(world, 'daemon', 'restart');
  expect({ code, line: stdout.split('\n')[0] }).toEqual({
    code: 0,
    line: `axiumd started, pid ${pidIn(stdout)}`,
  });
});

test('restart fails where the daemon is not strict though its caller asked for it', async () => {
  const world = await makeWorld({ AXIUM_PERMS_STRICT: 'yes' });
  await answerControl(world, { shutdown: {}, ping: { pid: 1, version: '0', strict: false, service: false } });
  const root = await packageWith({
    main: `${FS}${write({ ok: true, pid: 1, notes: [] })}`,
    check: 'console.log(JSON.stringify({ ok: true }))',
  });
  const { code, stderr } = await runIn(root, world, 'daemon', 'restart');
  expect({ code, stderr }).toEqual({
    code: 70,
    stderr: 'axium: strict mode is off in the daemon, though AXIUM_PERMS_STRICT asks for on\n',
  });
});

test('a daemon that is strict by the policy of its host is as its caller asked, whatever that is', async () => {
  const world = await makeWorld();
  const ping = { pid: 5, version: '0', strict: true, strict_by_host: true, service: false } as const;
  await answerControl(world, { shutdown: {}, ping });
  expect(await axium(world, 'daemon', 'start')).toEqual({
    code: 0,
    stdout: 'axiumd is running, pid 5\n',
    stderr: '',
  });
  const root = await packageWith({
    main: `${FS}${write({ ok: true, pid: 5, notes: [] })}`,
    check: 'console.log(JSON.stringify({ ok: true }))',
  });
  expect(await runIn(root, world, 'daemon', 'restart')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('strict mode: on\n'),
  });
});

test('start tells of a running daemon that is less strict than its caller asked', async () => {
  const world = await makeWorld({ AXIUM_PERMS_STRICT: '1' });
  await answerControl(world, { ping: { pid: 5, version: '0', strict: false, service: false } });
  expect(await axium(world, 'daemon', 'start')).toEqual({
    code: 0,
    stdout: 'axiumd is running, pid 5\n',
    stderr: "axium: strict mode is off in the running daemon; 'axium daemon restart' turns it on\n",
  });
});

test('stop returns only once the daemon is gone, which the end of the connection tells', async () => {
  const world = await makeWorld();
  let ended = false;
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', () => {
        socket.write('{"id":1,"ok":true}\n');
        setTimeout(() => {
          ended = true;
          socket.destroy();
        }, 300);
      });
  }).listen(`${world.axium}/run/axiumd.sock`);
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { code } = await axium(world, 'daemon', 'stop');
  expect({ code, ended }).toEqual({ code: 0, ended: true });
});

test('stop where none runs says so and is no failure', async () => {
  const world = await makeWorld();
  expect(await axium(world, 'daemon', 'stop')).toEqual({
    code: 0,
    stdout: 'axiumd is not running\n',
    stderr: '',
  });
});

test('a config.yaml that is broken keeps the daemon from starting, with its place and frame', async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  await writeFile(`${world.axium}/config/config.yaml`, 'spokes:\n  bundeld: [creds]\n');
  const { code, stdout, stderr } = await axium(world, 'daemon', 'start');
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toMatch(/^axium: .*config\.yaml:2:3: .*bundeld.*\n/);
  expect(stderr).toContain('  2 |   bundeld: [creds]\n');
});

test('a broken config.yaml is told once and plainly by a daemon in the foreground, which ends with 78', async () => {
  const world = await makeWorld();
  await writeFile(`${world.axium}/config/config.yaml`, 'spokes:\n  bundeld: [creds]\n');
  expect(await axium(world, 'daemon', 'start', '--foreground')).toEqual({
    code: 78,
    stdout: '',
    stderr: `axium: ${world.axium}/config/config.yaml:2:3: unknown key 'bundeld'; did you mean 'bundled'?
    1 | spokes:
    2 |   bundeld: [creds]
      |   ^
`,
  });
});

test.each([
  [
    'dies without a word',
    'process.exit(1)',
    69,
    'the daemon ended before it was ready; see ~/axium/state/daemon.log',
  ],
  [
    'closes the pipe with half a line',
    `fs.writeSync(3, '{"ok":tr'); fs.closeSync(3);`,
    69,
    'the daemon ended before it was ready; see ~/axium/state/daemon.log',
  ],
  ['finds no disk', refusal('failed', 'disk full'), 1, 'disk full'],
  ['has a defect', refusal('internal', 'a defect'), 70, 'a defect'],
  [
    'finds another that does not answer',
    refusal('exists', 'running'),
    75,
    'another daemon is starting or ending at this moment; try again',
  ],
])('start where the daemon %s fails in one line', async (_what, program, exit, message) => {
  const world = await makeWorld();
  const root = await packageWith({ main: `${FS}${program}` });
  expect(await runIn(root, world, 'daemon', 'start')).toEqual({
    code: exit,
    stdout: '',
    stderr: `axium: ${message}\n`,
  });
});

test('the daemon is started in / and in a session of its own, with the environment of the caller and nothing open but its ready descriptor', async () => {
  const world = await makeWorld({ MARK: 'carried' });
  const report = `const open = fs.readdirSync('/proc/self/fd').map(Number).filter((fd) => {
    try { return /^(socket|pipe):/.test(fs.readlinkSync('/proc/self/fd/' + fd)); } catch { return false; }
  });
  const { MARK, AXIUM_HOME } = process.env;
  const [,, , session] = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  const note = JSON.stringify({ cwd: process.cwd(), ownSession: Number(session) === process.pid, MARK, AXIUM_HOME, three: open.includes(3), streams: [0, 1, 2].map((fd) => open.includes(fd)) });
  fs.writeSync(3, JSON.stringify({ ok: true, pid: process.pid, notes: [note] }) + '\\n');`;
  const root = await packageWith({ main: `${FS}${report}` });
  const { stdout } = await runIn(root, world, 'daemon', 'start');
  const note = stdout.split('\n')[1]?.replace(/^note: /, '') ?? '';
  expect(JSON.parse(note)).toEqual({
    cwd: '/',
    ownSession: true,
    MARK: 'carried',
    AXIUM_HOME: world.axium,
    three: true,
    streams: [false, false, false],
  });
});

test('a daemon in the foreground ends by the signal that its command gets, with its exit code', async () => {
  const world = await makeWorld();
  const child = spawn(
    process.execPath,
    [`${PACKAGE}/dist/cli/axium.cjs`, 'daemon', 'start', '--foreground'],
    {
      env: { ...world.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  endDaemonAfterwards(world);
  const exited = once(child, 'exit');
  await new Promise<void>((resolve) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes('the daemon started')) resolve();
    });
  });
  const { pid } = JSON.parse((await axium(world, 'ping', '--json')).stdout);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await gone(pid)).toBe(true);
});

test('the exit code of a daemon in the foreground is that of the command', async () => {
  const world = await makeWorld();
  const root = await packageWith({ main: 'process.exit(process.argv.includes("--foreground") ? 42 : 1)' });
  expect(await runIn(root, world, 'daemon', 'start', '--foreground')).toEqual({
    code: 42,
    stdout: '',
    stderr: '',
  });
});

const FS = "import fs from 'node:fs';\n";

function refusal(code: string, error: string): string {
  return write({ ok: false, code, error });
}

function write(line: object): string {
  return `fs.writeSync(3, ${JSON.stringify(`${JSON.stringify(line)}\n`)}); fs.closeSync(3);`;
}

test('a log under a name that leads elsewhere is not written, and the daemon does not start', async () => {
  const world = await makeWorld();
  await writeFile(`${world.home}/victim`, 'precious');
  await symlink('../../victim', `${world.axium}/state/daemon.log`);
  const { code, stderr } = await axium(world, 'daemon', 'start');
  expect([code, stderr]).toEqual([
    78,
    expect.stringContaining(
      'daemon.log: expected a regular file of the daemon, found a symlink; move it away',
    ),
  ]);
  expect(await readFile(`${world.home}/victim`, 'utf8')).toBe('precious');
});

test('a FIFO in the place of the log is refused, and nobody waits for it', async () => {
  const world = await makeWorld();
  await promisify(execFile)('mkfifo', [`${world.axium}/state/daemon.log`]);
  expect((await axium(world, 'daemon', 'start')).code).toBe(78);
});

test.skipIf(process.getuid?.() !== 0)(
  'nothing is made in a directory of somebody else before it is refused (needs root)',
  async () => {
    const world = await makeWorld();
    await chown(`${world.axium}/state`, 65534, 65534);
    await symlink('../../planted', `${world.axium}/state/daemon.log`);
    const { code, stderr } = await axium(world, 'daemon', 'start');
    expect([code, stderr]).toEqual([78, expect.stringContaining('found one of uid 65534')]);
    await expect(readFile(`${world.home}/planted`)).rejects.toMatchObject({ code: 'ENOENT' });
  },
);

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { HudPublisher } from '../../core/hud/publisher.ts';
import { createTmuxPush } from '../../core/hud/push-tmux.ts';
import { HudSegments } from '../../core/hud/segments.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let run: string;

beforeEach(async () => {
  run = `${makeTemporaryDirectory()}/run`;
  await mkdir(run);
});

function makePublisher() {
  const powers = createPowers();
  const pushed: (string | null)[] = [];
  let wrote = () => {};
  const hud: HudSegments = new HudSegments(() => publisher.changed());
  const publisher = new HudPublisher({
    powers,
    file: `${run}/hud`,
    segments: () => hud.list(),
    push: async (line) => {
      pushed.push(line);
      wrote();
    },
  });
  /** Settles once what was due has been written. */
  const write = async (ms = 0) => {
    const written = new Promise<void>((resolve) => {
      wrote = resolve;
    });
    powers.clock.advance(ms);
    await written;
  };
  return { hud, publisher, powers, pushed, write };
}

test('what spokes show is in files of their user alone, replaced as it changes and gone at the end', async () => {
  const { hud, publisher, write, pushed } = makePublisher();
  hud.set('creds', '[creds:Y]');
  await write();
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('[creds:Y]\n');
  expect(JSON.parse(await readFile(`${run}/hud.json`, 'utf8'))).toEqual([
    { spoke: 'creds', value: '[creds:Y]' },
  ]);
  expect((await stat(`${run}/hud`)).mode & 0o777).toBe(0o600);
  expect((await readdir(run)).sort()).toEqual(['hud', 'hud.json', 'hud.starship', 'hud.tmux']);
  hud.set('creds', '');
  await write(250);
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('\n');
  await publisher.stop();
  expect(await readdir(run)).toEqual([]);
  expect(pushed).toEqual(['[creds:Y]', '', null]);
});

test('a spoke that says something all the time has it written four times a second at most', async () => {
  const { hud, powers, write } = makePublisher();
  hud.set('creds', '0');
  await write();
  for (let count = 1; count < 100; count += 1) hud.set('creds', String(count));
  expect(powers.clock.waits()).toEqual([250]);
  powers.clock.advance(249);
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('0\n');
  await write(1);
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('99\n');
});

test('what a killed daemon left half-written is written over, and a link in its place is not followed', async () => {
  const { hud, publisher, powers, write } = makePublisher();
  await writeFile(`${run}/hud.new`, 'half');
  await writeFile(`${run}/victim`, 'precious');
  await symlink('victim', `${run}/hud.json.new`);
  hud.set('creds', 'a');
  await write();
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('a\n');
  expect((await lstat(`${run}/hud.json`)).isFile()).toBe(true);
  expect(await readFile(`${run}/victim`, 'utf8')).toBe('precious');
  expect((await readdir(run)).sort()).toEqual(['hud', 'hud.json', 'hud.starship', 'hud.tmux', 'victim']);
  expect(powers.logged).toEqual([]);
  await publisher.stop();
});

test('a directory that cannot be written is told once, and ends nothing', async () => {
  const { hud, publisher, powers, write } = makePublisher();
  execFileSync('rm', ['-r', run]);
  hud.set('creds', 'a');
  await write();
  hud.set('creds', 'b');
  await write(250);
  expect(powers.logged).toHaveLength(1);
  await mkdir(run);
  hud.set('creds', 'c');
  await write(250);
  expect(await readFile(`${run}/hud`, 'utf8')).toBe('c\n');
  await publisher.stop();
});

const hasTmux = existsSync('/usr/bin/tmux');

describe.skipIf(!hasTmux)('a tmux that runs', () => {
  // A program in words of its own needs no shell, and not every user has one that starts anything.
  const tmux = (...args: readonly string[]) =>
    spawnSync('/usr/bin/tmux', ['-S', `${run}/tmux`, '-f', '/dev/null', ...args], {
      env: { PATH: '/usr/bin:/bin', TERM: 'xterm', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
    });
  const push = (line: string | null, wanted: boolean | string = `${run}/tmux`) =>
    makePush(wanted).then((pushLine) => pushLine(line));
  const makePush = async (wanted: boolean | string) =>
    createTmuxPush({ powers: createPowers(), wanted: () => wanted, path: () => ['/usr/bin'] });

  test('shows the line as the option @axium_hud, as text, and loses it at the end', async () => {
    expect(tmux('new-session', '-d', 'sleep', '60').status).toBe(0);
    onTestFinished(() => void tmux('kill-server'));
    const pushLine = await makePush(`${run}/tmux`);
    await pushLine('[creds:Y] 50% -x');
    expect(tmux('display-message', '-p', '#{@axium_hud}').stdout).toBe('[creds:Y] 50% -x\n');
    await pushLine(null);
    expect(tmux('display-message', '-p', '#{@axium_hud}').stdout).toBe('\n');
  });

  test('runs nothing that is in it, even where it is expanded once more', async () => {
    expect(tmux('new-session', '-d', 'sleep', '60').status).toBe(0);
    onTestFinished(() => void tmux('kill-server'));
    const { hud, write } = makePublisher();
    hud.set('creds', `#(touch ${run}/ran)`);
    hud.set('other', `a;run-shell "touch ${run}/ran";`);
    await write();
    await push((await readFile(`${run}/hud.tmux`, 'utf8')).trimEnd());
    tmux('display-message', '-p', '#{@axium_hud} #{E:@axium_hud} #{T:@axium_hud}');
    const shown = tmux('display-message', '-p', '#{E:@axium_hud}').stdout;
    expect(shown).toContain('\uff03(touch');
    // A command that tmux runs by itself would have run by the time that it has done one that it was told to.
    tmux('run-shell', 'true');
    expect(existsSync(`${run}/ran`)).toBe(false);
  });

  test('is left alone unless its user wants it, and is never started', async () => {
    await push('[creds:Y]', false);
    await push('[creds:Y]');
    expect(existsSync(`${run}/tmux`)).toBe(false);
  });
});

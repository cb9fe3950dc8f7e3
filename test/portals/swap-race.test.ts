import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Response } from '../../schemas/wire.ts';
import { makeWorld, type World } from '../broker/support/broker-world.ts';

const SWAP = fileURLToPath(new URL('fixtures/swap.mjs', import.meta.url));
const ROUNDS = 250;

let world: World;
let outside: string;
let granted: string;

beforeEach(async () => {
  world = await makeWorld();
  outside = `${world.home}/outside`;
  granted = `${world.home}/granted`;
  await mkdir(outside);
  await mkdir(`${granted}/directory`);
  await writeFile(`${outside}/file`, 'secret');
  await writeFile(`${granted}/directory/file`, 'public');
  await writeFile(`${granted}/name`, 'public');
});

/** Another process, which exchanges what lies under a name for a link and back as long as the test runs. */
async function swap(what: 'file' | 'directory', name: string, elsewhere: string): Promise<void> {
  const child = spawn(process.execPath, [SWAP, what, name, elsewhere], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await once(child.stdout, 'data');
}

/** Makes a request again and again, until it was both done and refused, so that it is known to have met both. */
async function askOften(request: { readonly cmd: string }): Promise<readonly Response[]> {
  const responses: Response[] = [];
  const met = (ok: boolean) => responses.some((response) => response.ok === ok);
  while (responses.length < ROUNDS || !met(true) || !met(false)) responses.push(await world.ask(request));
  return responses;
}

test.each([
  ['file', 'name', 'name', 'outside/file'],
  ['directory', 'directory', 'directory/file', 'outside'],
] as const)(
  'a spoke never reads a secret, however fast a %s is exchanged for a link to it',
  async (what, name, asked, elsewhere) => {
    await swap(what, `${granted}/${name}`, `${world.home}/${elsewhere}`);
    const responses = await askOften({ cmd: 'fs_read', path: `${granted}/${asked}` } as { cmd: string });
    const read = responses.filter(({ ok }) => ok).map((response) => (response as { data?: unknown }).data);
    expect(new Set(read)).toEqual(new Set(['public']));
    const codes = responses.filter(({ ok }) => !ok).map((response) => (response as { code?: unknown }).code);
    expect([...new Set(codes)].filter((code) => code !== 'denied' && code !== 'not_found')).toEqual([]);
  },
);

test.each([
  ['file', 'name', 'name', 'outside/file', false],
  ['file', 'name', 'name', 'outside/file', true],
  ['directory', 'directory', 'directory/file', 'outside', false],
  ['directory', 'directory', 'directory/file', 'outside', true],
] as const)(
  'a spoke never changes what is outside, however fast a %s is exchanged for a link to it (append: $4)',
  async (what, name, asked, elsewhere, append) => {
    await swap(what, `${granted}/${name}`, `${world.home}/${elsewhere}`);
    const request = { cmd: 'fs_write', path: `${granted}/${asked}`, data: 'public', append };
    await askOften(request);
    expect(await readdir(outside)).toEqual(['file']);
    expect(await readFile(`${outside}/file`, 'utf8')).toBe('secret');
  },
);

test('what is on record as read or written is never what lies outside', async () => {
  await swap('directory', `${granted}/directory`, outside);
  await askOften({ cmd: 'fs_read', path: `${granted}/directory/file` } as { cmd: string });
  const allowed = world.audit.decisions().filter(({ effect }) => effect === 'allow');
  expect(allowed.filter(({ target }) => target?.startsWith(outside))).toEqual([]);
  const denied = world.audit.decisions().filter(({ effect, target }) => effect === 'deny' && target !== null);
  expect(denied.filter(({ target }) => !target?.startsWith(outside))).toEqual([]);
});

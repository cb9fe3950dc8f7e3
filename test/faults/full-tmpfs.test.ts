import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { takeSnapshot } from '../chaos/package-snapshot.ts';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { askControl } from '../integration/support/hosted-daemon.ts';

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;

const WRITER = `export async function register(axium) {
  let n = 0;
  const next = async () => {
    n += 1;
    await axium.sendRequest({ cmd: 'fs_write', path: '~/out/' + n + '.txt', data: 'x' });
    setTimeout(next, 5);
  };
  void next();
}
`;

test.skipIf(!mayMount)(
  'on a state directory that is really full nothing is accepted and nothing done, and both are again when there is space',
  async () => {
    const snapshot = await takeSnapshot();
    onTestFinished(snapshot.remove);
    const home = await makeAxiumHome();
    onTestFinished(home.remove);
    mkdirSync(`${home.home}/out`);
    await home.addSpoke('writer', 'permissions:\n  fs_write: [~/out/*]\n', WRITER);
    writeFileSync(home.places.configFile, 'sandbox:\n  require: none\n  skip: [strong, kernel, seatbelt]\n');
    mkdirSync(home.places.state, { mode: 0o700 });
    const mount = 'mount -t tmpfs -o size=2m,mode=0700 axium "$1" && exec "$2" "$3"';
    const child = spawn(
      'unshare',
      ['-m', 'sh', '-c', mount, 'sh', home.places.state, process.execPath, snapshot.daemon],
      { env: { ...home.env, AXIUM_READY_FD: '3' }, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
    );
    const exited = once(child, 'exit');
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    let said = '';
    (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(child.stdio[3] as Readable, 'end');
    expect(said).toContain('"ok":true');
    const ask = (request: object) => askControl(home.places.socket, request);
    // What is mounted for the daemon alone is seen through it.
    const state = `/proc/${child.pid}/root${home.places.state}`;
    const auditText = () => readFileSync(`${state}/audit.jsonl`, 'utf8');
    const troubleTold = async () => JSON.stringify((await ask({ cmd: 'status' })).notes).includes('ENOSPC');
    const until = async (condition: () => boolean | Promise<boolean>) => {
      while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
    };

    await until(() => readdirSync(`${home.home}/out`).length > 3);
    expect(await ask({ cmd: 'notify', title: 'before' })).toMatchObject({ ok: true });
    fill(`${state}/filler`);
    await until(troubleTold);
    const atFull = auditText().length;
    const notified = await ask({ cmd: 'notify', title: 'during', body: 'x'.repeat(4000) });
    expect(notified).toMatchObject({
      ok: false,
      code: 'unavailable',
      error: expect.stringContaining('ENOSPC'),
    });
    rmSync(`${state}/filler`);
    await until(async () => !(await troubleTold()) && auditText().length > atFull);
    expect(await ask({ cmd: 'notify', title: 'after' })).toMatchObject({ ok: true });
    const { notifications } = await ask({ cmd: 'notify_peek' });
    expect((notifications as { title: string }[]).map(({ title }) => title)).toEqual(['before', 'after']);

    const records = auditText();
    const effects = readdirSync(`${home.home}/out`).filter((name) => name.endsWith('.txt'));
    const lines = records.split('\n').filter((line) => line.includes('"action":"fs_write"'));
    const allowed = new Set(lines.flatMap((line) => /"target":"[^"]*\/(\d+\.txt)"/.exec(line)?.[1] ?? []));
    expect(effects.filter((name) => !allowed.has(name))).toEqual([]);
    expect(existsSync(`${state}/audit.jsonl`)).toBe(true);
    child.kill('SIGTERM');
    await exited;
  },
  120_000,
);

/** Writes until there is no space at all. */
function fill(path: string): void {
  for (let size = 65_536; size >= 1; size >>= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size, 'x'), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as files from 'node:fs/promises';
import { appendFile, link, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashCode } from '../../core/registry/code-hash.ts';
import type { AuditRecord } from '../../schemas/audit.ts';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

const isRoot = process.getuid?.() === 0;
const CHECK = fileURLToPath(new URL('../../dist/core/check.js', import.meta.url));

let home: AxiumHome;
let daemon: HostedDaemon | null;
let file: string;

beforeEach(async () => {
  daemon = null;
  home = await makeAxiumHome();
  file = `${home.root}/etc/policy.yaml`;
  await mkdir(`${home.root}/etc`, { mode: 0o755 });
});

afterEach(async () => {
  await daemon?.end();
  await home.remove();
});

const start = async (env: Readonly<Record<string, string>> = {}) => {
  daemon = await hostDaemon(home, env, [], [`--host-policy=${file}`]);
  return daemon;
};
const event = (name: string) => (entry: AuditRecord) => entry.type === 'event' && entry.event === name;

test('the policy of this host is one that root keeps in one place, and no argument of another user moves it', {
  skip: isRoot,
}, async () => {
  await writeFile(file, 'strict: maybe\n', { mode: 0o644 });
  const { ask } = await start();
  const { notes } = (await ask({ cmd: 'status' })) as unknown as { notes: readonly string[] };
  expect(notes.filter((note) => note.includes(file))).toEqual([]);
});

// Elsewhere than in /etc/axium only root can put it, and nobody else can make a file of root's.
test.skipIf(!isRoot)(
  'it bounds what spokes do, in strict mode too, names its line, and ends what a change takes away',
  async () => {
    await home.put('notes/a.md', 'a');
    await home.put('notes/b.md', 'b');
    await home.addSpoke(
      'reader',
      'permissions:\n  exec: true\n  fs_read: [~/notes/*]\n',
      askingCode([
        { cmd: 'fs_read', path: '~/notes/a.md' },
        { cmd: 'fs_read', path: '~/notes/b.md' },
        { cmd: 'daemon_exec', command: 'sleep 600' },
      ]),
    );
    await writeFile(file, 'ceilings:\n  reader:\n    fs_read: [~/notes/a.md]\n', { mode: 0o644 });
    const { answersOf, record, ask } = await start({ AXIUM_PERMS_STRICT: '1' });
    const answers = await answersOf('reader');
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(await record((entry) => entry.type === 'decision' && entry.effect === 'deny')).toMatchObject({
      reason: 'the host allows fs_read for [~/notes/a.md] at most',
      rule: { source: 'system', origin: `${file}:3:14` },
      via_override: false,
    });
    const shown = await runCli(home, ['perms', 'show', 'reader']);
    expect(shown.stdout).toContain(`At Most:\n  • fs_read: ~/notes/a.md (system, ${file}:3:14)\n`);
    await writeFile(file, 'ceilings:\n  reader:\n    exec: [sleep 1]\n');
    expect(await record(event('job_revoked'))).toMatchObject({ spoke: 'reader' });
    await record(event('host_policy_changed'));
    expect(await ask({ cmd: 'get_permissions', spoke: 'reader' })).toMatchObject({
      effective: { exec: { value: 'commands', source: 'system', origin: `${file}:3:11` } },
    });
  },
);

test.skipIf(!isRoot)(
  'it stops a spoke that may no longer run, turns strict mode on and off, and lets go when it is removed',
  async () => {
    await home.permissions('reader:\n  notify: true\n');
    await home.addSpoke('reader', '', askingCode([{ cmd: 'notify', title: 'x' }]));
    const { answersOf, record, ask } = await start();
    expect(await answersOf('reader')).toMatchObject([{ ok: true }]);
    await writeFile(file, 'strict: true\nspokes: [other]\n', { mode: 0o644 });
    await record(event('spoke_stopped'));
    const { spokes, refused } = (await ask({ cmd: 'spoke_list' })) as Answer & Record<string, object[]>;
    expect([spokes, refused]).toEqual([
      [],
      [
        {
          directory: `${home.places.spokesDirectory}/reader`,
          problems: [expect.stringContaining(`${file}:2:1 names those that may`)],
        },
      ],
    ]);
    expect(await ask({ cmd: 'ping' })).toMatchObject({ strict: true, strict_by_host: true });
    const before = (await home.records()).length;
    await rm(file);
    await record((entry) => entry.seq > before && event('spoke_ready')(entry));
    expect(await ask({ cmd: 'ping' })).toMatchObject({ strict: false });
  },
);

describe.skipIf(!isRoot)('a spoke that is pinned by its hash', () => {
  const running = async ({ ask }: HostedDaemon) => {
    const { spokes } = (await ask({ cmd: 'spoke_list' })) as Answer & {
      readonly spokes: readonly { readonly name: string; readonly state: string; readonly pid: number }[];
    };
    return spokes;
  };
  const startPinned = async () => {
    const directory = await home.addSpoke(
      'pinned',
      '',
      askingCode([{ cmd: 'hud_segment_value', value: 'p' }]),
    );
    const main = `${directory}/main.mjs`;
    const alias = `${home.root}/main.mjs`;
    await link(main, alias);
    const pin = `spokes: [{name: pinned, sha256: ${await hashCode(files, directory)}}]\n`;
    await writeFile(file, pin, { mode: 0o644 });
    const started = await start();
    expect(await started.answersOf('pinned')).toMatchObject([{ ok: true }]);
    const objection = async () =>
      `${directory}: expected the code that ${file}:1:10 names by its hash, found code of the hash ${await hashCode(files, directory)}`;
    return { started, directory, main, alias, objection };
  };

  test('is stopped and refused once its code is seen to be other code', async () => {
    const { started, directory, main, objection } = await startPinned();
    await appendFile(main, '// changed\n');
    expect(await started.record(event('spoke_refused'))).toMatchObject({
      detail: { directory, problem: await objection() },
    });
    await started.record(event('spoke_stopped'));
    expect(await running(started)).toEqual([]);
  });

  test('is not started again with code that was changed unseen', async () => {
    const { started, alias, objection } = await startPinned();
    const [before] = await running(started);
    expect(before).toMatchObject({ name: 'pinned', state: 'ready', pid: expect.any(Number) });
    const seen = (await home.records()).length;
    // By another name of the same file, of which nobody who watches the directory is told.
    await appendFile(alias, '// changed\n');
    const why = await objection();
    // A look at all spokes, as the one right after the start, can come first and have ended it.
    await Promise.resolve(before?.pid ?? 0)
      .then((pid) => process.kill(pid, 'SIGKILL'))
      .catch(() => {});
    const isObjection = (entry: AuditRecord) =>
      entry.type === 'event' && [entry.detail.reason, entry.detail.problem].includes(why);
    const isStart = (entry: AuditRecord) => entry.seq > seen && event('spoke_ready')(entry);
    await started.record((entry) => isObjection(entry) || isStart(entry));
    await started.end();
    daemon = null;
    expect((await home.records()).filter(event('spoke_ready'))).toHaveLength(1);
  });
});

test.skipIf(!isRoot)(
  'one that is not valid at the start allows nothing, and the doctor says why',
  async () => {
    await home.addSpoke(
      'reader',
      'permissions:\n  notify: true\n',
      askingCode([{ cmd: 'notify', title: 'x' }]),
    );
    await writeFile(file, 'ceilngs: {}\n', { mode: 0o644 });
    const { answersOf, ask } = await start();
    expect(await answersOf('reader').catch(() => [])).toEqual([]);
    expect(await ask({ cmd: 'status' })).toMatchObject({
      notes: expect.arrayContaining([
        `nothing is allowed beyond the HUD, since the policy of this host is not valid: ${file}:1:1: unknown key 'ceilngs'; did you mean 'ceilings'?`,
      ]),
    });
    const child = spawn(process.execPath, [CHECK, 'doctor', `--host-policy=${file}`], { env: home.env });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(child, 'close');
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({
      policy: { file, standing: 'invalid', problems: [expect.stringContaining("did you mean 'ceilings'?")] },
    });
  },
);

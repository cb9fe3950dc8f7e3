import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { loadPeerLookup } from '../../core/control/peer.ts';
import type { PendingApproval } from '../../schemas/approvals.ts';
import { createPowers } from '../support/powers.ts';
import { CLI, confirming, runAtTerminal, SCRIPT } from './support/at-terminal.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type Answer, type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** A spoke that has to ask, persons who answer, and commands of persons, on one real daemon after the other. */
const PEER = fileURLToPath(new URL('../control/support/peer.pl', import.meta.url));
const PERL = '/usr/bin/perl';
const STRANGER = '65534';
const isRoot = process.getuid?.() === 0;

/** Asks for each of these commands at once, and tells each answer by a notification of that name. */
const ASKER = `
  export async function register(axium) {
    const tell = (name) => (answer) =>
      axium.sendRequest({ cmd: 'notify', title: name, body: JSON.stringify(answer) });
    for (const name of ['approved', 'modified', 'rejected', 'vetoed'])
      axium.sendRequest({ cmd: 'daemon_exec', command: ['printf', name], mode: 'wait' }).then(tell(name));
    axium.sendRequest({ cmd: 'daemon_exec', command: ['sleep', '600'] }).then(tell('started'));
  }
`;

let home: AxiumHome;
let daemon: HostedDaemon;
let known = false;
let group = '';

beforeAll(async () => {
  home = await makeAxiumHome();
  known = (await loadPeerLookup(createPowers().filesNow)) !== null;
  const groups = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  group = groups.find(([, , gid]) => Number(gid) > 1)?.[2] ?? '';
  await home.put('../axium/config/config.yaml', 'socket:\n  mode: 0666\nsandbox:\n  require: none\n');
  for (const directory of [home.root, dirname(home.places.run)]) await chmod(directory, 0o711);
  await home.addSpoke('asker', 'permissions:\n  exec: true\n  notify: true\n', ASKER);
  await home.permissions('asker:\n  exec: ask\n');
  daemon = await hostDaemon(home, { AXIUM_ADMIN_GROUP: group });
}, 30_000);

afterAll(async () => {
  await daemon.end();
  await home.remove();
});

/** Settles once there are so many questions. */
async function questions(count: number): Promise<readonly PendingApproval[]> {
  let reply = await daemon.ask({ cmd: 'approvals' });
  while ((reply.approvals as PendingApproval[]).length !== count)
    reply = await daemon.ask({ cmd: 'approvals_wait', change: reply.change });
  return reply.approvals as PendingApproval[];
}

/** What the spoke was told of one of its commands, once it was: it says so by a notification. */
async function answerTo(name: string): Promise<Answer> {
  for (;;) {
    const answer = told.get(name);
    if (answer) return answer;
    await daemon.ask({ cmd: 'notify_wait' });
    const { notifications } = await daemon.ask({ cmd: 'notify_drain' });
    for (const { title, body } of notifications as { title: string; body: string }[])
      told.set(title, JSON.parse(body) as Answer);
  }
}
const told = new Map<string, Answer>();

/** Sends a line as a stranger in these groups. */
function stranger(groups: string, request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const words = ['as', STRANGER, STRANGER, groups, 'send', JSON.stringify(request)];
    execFile(PERL, [PEER, home.places.socket, ...words], (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout) as Answer);
    });
  });
}

const atTerminal = (command: string, typed?: string) =>
  runAtTerminal(home, command, typed === undefined ? undefined : confirming(typed));

const only = async () => (await questions(1))[0]?.id ?? '';

test('what a spoke has to ask about waits, and becomes what a person says', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  const waiting = await questions(5);
  expect(waiting.map(({ what }) => what).sort()).toEqual([
    '/usr/bin/printf approved',
    '/usr/bin/printf modified',
    '/usr/bin/printf rejected',
    '/usr/bin/printf vetoed',
    '/usr/bin/sleep 600',
  ]);
  const idOf = (name: string) => waiting.find(({ what }) => what.endsWith(` ${name}`))?.id ?? '';
  const { stdout } = await runCli(home, ['approvals']);
  expect(stdout).toContain(`${idOf('approved')}  spoke:asker\n  wants    exec: /usr/bin/printf approved\n`);
  expect((await runCli(home, ['hud'])).stdout).toBe('[5 approvals]\n');
  const follower = spawn(process.execPath, [CLI, 'approvals', '--follow', '--json'], {
    env: { ...process.env, ...home.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void follower.kill());
  const followed = createInterface({ input: follower.stdout })[Symbol.asyncIterator]();
  const next = async () => (JSON.parse((await followed.next()).value ?? '') as PendingApproval).id;
  const first = [await next(), await next(), await next(), await next(), await next()];
  expect(first.sort()).toEqual(waiting.map(({ id }) => id).sort());

  expect(await runCli(home, ['approve', idOf('approved'), '--once'])).toMatchObject({ code: 0, stderr: '' });
  expect(await answerTo('approved')).toMatchObject({ ok: true, code: 0, stdout: 'approved' });
  expect(await runCli(home, ['approve', idOf('approved')])).toMatchObject({ code: 1 });

  expect(await runCli(home, ['modify', idOf('modified'), '--', 'printf', 'something else'])).toMatchObject({
    stdout: "runs instead: /usr/bin/printf 'something else'\n",
  });
  expect(await answerTo('modified')).toMatchObject({ ok: true, stdout: 'something else' });

  expect(await runCli(home, ['reject', idOf('rejected'), '--reason', 'no'])).toMatchObject({ code: 0 });
  expect(await answerTo('rejected')).toMatchObject({ ok: false, code: 'denied' });
  const { id: sleeping = '' } = waiting.find(({ what }) => what.endsWith('sleep 600')) ?? {};
  expect(await runCli(home, ['approve', sleeping])).toMatchObject({ code: 0 });
  const { job } = await answerTo('started');
  expect(await runCli(home, ['veto', 'asker'])).toMatchObject({
    stdout: 'rejected 1 question, ended 1 job\n',
  });
  expect(await daemon.ask({ cmd: 'jobs_list' })).toMatchObject({
    jobs: expect.arrayContaining([expect.objectContaining({ id: job, state: 'killed' })]),
  });
  expect(await answerTo('vetoed')).toMatchObject({ ok: false, code: 'denied' });

  // What it has shown and what was answered meanwhile is not shown again.
  const ran = runCli(home, ['exec', '--', 'printf', 'followed']);
  const later = await next();
  expect(later).toBe(await only());
  await runCli(home, ['reject', later]);
  await ran;

  const lines = (await home.securityLines()).filter((line) => line.includes('action=exec'));
  expect(lines.filter((line) => line.includes('allowed=true')).sort()).toEqual([
    "[SECURITY] spoke=asker action=exec allowed=true detail=/usr/bin/printf 'something else' via_override=false",
    '[SECURITY] spoke=asker action=exec allowed=true detail=printf approved via_override=false',
    '[SECURITY] spoke=asker action=exec allowed=true detail=sleep 600 via_override=false',
  ]);
});

test('a command of a person waits for somebody who may say yes to it', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  const ran = runCli(home, ['exec', '--', 'printf', 'mine']);
  const id = await only();
  // This test has no terminal, and so nobody here is at the one at which it was asked.
  expect(await runCli(home, ['approve', id])).toMatchObject({
    code: 77,
    stderr: 'axium: your own command is yours to confirm only at the terminal at which you gave it\n',
  });
  expect(await runCli(home, ['reject', id, '--reason', 'never mind'])).toMatchObject({ code: 0 });
  expect(await ran).toMatchObject({ code: 77, stdout: '' });
  expect((await ran).stderr).toMatch(/axium: exec: rejected by user:\d+: never mind\n$/);
});

test.runIf(isRoot)('somebody with another uid may, and only with the tier for it', async ({ skip }) => {
  skip(!known || !existsSync(PERL), 'koffi or perl does not run here');
  const ran = runCli(home, ['exec', '--', 'sh', '-c', 'printf mine; exit 3']);
  const approve = { cmd: 'approve', approval: await only() };
  expect(await stranger('', approve)).toMatchObject({ ok: false, code: 'denied' });
  expect(await stranger(group, { ...approve, uid: 0 })).toMatchObject({ ok: false, code: 'invalid' });
  expect(await stranger(group, approve)).toMatchObject({ ok: true });
  // It ends as the command does.
  expect(await ran).toMatchObject({ code: 3, stdout: 'mine\n' });
});

test('a person says yes or no at their own terminal', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  skip(!existsSync(SCRIPT), 'there is no script(1) here');
  const yes = await atTerminal("axium exec -- printf 'at %s' home", 'y');
  expect(yes).toContain("wants    exec: /usr/bin/printf 'at %s' home");
  expect(yes.trimEnd().split('\n').at(-1)).toBe('at home');
  expect(await atTerminal('axium exec -- printf never; echo code=$?', 'n')).toMatch(
    /rejected by user:\d+\ncode=77/,
  );
});

test('an elevated session runs commands, and no other session of that person does', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  skip(!existsSync(SCRIPT), 'there is no script(1) here');
  const shown = await atTerminal(
    'axium elevate --for 1m --reason test && axium exec -- printf elevated && axium whoami && axium hud && axium drop && axium exec -- printf dropped',
    'n',
  );
  expect(shown).toMatch(/is elevated for 1m 0s; 'axium drop' ends that\nelevated\n/);
  expect(shown).toMatch(/session +\d+ \(elevated, (?:1m )?\d+s left\)/);
  expect(shown).toContain('[elevated 1m]');
  expect(shown).not.toMatch(/^dropped$/m);
  const elsewhere = await daemon.ask({ cmd: 'elevate', for_ms: 1000, reason: 'x' });
  expect(elsewhere).toMatchObject({
    ok: false,
    code: 'denied',
    error: 'only a session at a terminal can be elevated',
  });
  expect(await daemon.ask({ cmd: 'sessions' })).toMatchObject({ sessions: [] });
});

test('an elevated session has no more than its tier: the dangerous gate stays shut, and it can be ended from outside', async ({
  skip,
}) => {
  skip(!known, 'koffi does not run here');
  skip(!existsSync(SCRIPT), 'there is no script(1) here');
  const shown = await atTerminal(
    'axium elevate --for 1m --reason gate; axium audit prune --older-than 1d; axium sessions; axium sessions kick; axium whoami; axium sessions kick; echo code=$?',
  );
  expect(shown).toContain('axium: audit_prune: dangerous operations disabled');
  const [, session] = /^session (\d+) of uid/m.exec(shown) ?? [];
  expect(shown).toMatch(new RegExp(`^${session} +uid ${process.getuid?.()} +.* left +gate$`, 'm'));
  expect(shown).toMatch(new RegExp(`^session +${session} \\(standard\\)`, 'm'));
  expect(shown).toMatch(/no such session is elevated\ncode=1$/m);
});

test('a yes for a time is said at the terminal of the command, and to say two things at once is an error', async ({
  skip,
}) => {
  skip(!known, 'koffi does not run here');
  skip(!existsSync(SCRIPT), 'there is no script(1) here');
  const shown = await atTerminal(`axium exec -- printf 'ran %s' timed & asked=$!
    until id=$(axium approvals | grep -oE '^[0-9a-f]{32}'); do sleep 0.1; done
    axium approve $id --for 1h --always; echo code=$?
    axium approve $id --for 1h; wait $asked
    axium exec -- printf 'ran %s' again
    for grant in $(axium grants list | tee /dev/stderr | grep -oE '^g[0-9a-f]+'); do axium grants revoke $grant; done`);
  expect(shown).toContain('axium: --once, --for, --always: expected one of them\ncode=64\n');
  expect(shown).toMatch(/^ran timed$/m);
  expect(shown).toMatch(/^ran again$/m);
  expect(shown).toMatch(/exec: \/usr\/bin\/printf \.\.\.\n {2}timed until /);
  expect((await runCli(home, ['grants', 'list'])).stdout).toBe('No grants\n');
});

test('a yes for good lets the next run without asking, until it is taken back', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  skip(!isRoot || !existsSync(PERL), 'this needs root, and perl, for somebody else to say yes');
  const ran = runCli(home, ['exec', '--', 'printf', 'first']);
  const always = { cmd: 'approve', approval: await only(), always: true };
  expect(await stranger(group, always)).toMatchObject({ ok: true });
  expect(await ran).toMatchObject({ code: 0, stdout: 'first\n' });
  // `first` was taken for a subcommand: so far the yes goes, and no further.
  expect(await runCli(home, ['exec', '--', 'printf', 'first', 'x'])).toMatchObject({ code: 0 });
  const { stdout } = await runCli(home, ['grants', 'list']);
  const [, id = ''] =
    /^(g[0-9a-f]{8}) {2}user:\d+ {2}exec: \/usr\/bin\/printf first \.\.\.\n {2}persistent\n/.exec(stdout) ??
    [];
  expect(await runCli(home, ['grants', 'revoke', id])).toMatchObject({ code: 0 });
  expect((await runCli(home, ['grants', 'list'])).stdout).toBe('No grants\n');
  const again = runCli(home, ['exec', '--', 'printf', 'first']);
  await runCli(home, ['reject', await only()]);
  expect(await again).toMatchObject({ code: 77 });
});

test('a question that waits when the daemon is killed has expired for the next one', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  const ran = runCli(home, ['exec', '--', 'printf', 'late']);
  const id = await only();
  // Its note is written a moment later.
  for (;;) {
    const text = await readFile(home.places.unanswered, 'utf8').catch(() => '');
    if (text.includes(id)) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await daemon.end('SIGKILL');
  expect(await ran).toMatchObject({ code: 69 });
  daemon = await hostDaemon(home, { AXIUM_ADMIN_GROUP: group, AXIUM_DANGEROUS_OPS: 'true' });
  const expired = await daemon.record(
    (record) => record.type === 'event' && record.event === 'approval_expired',
  );
  expect(expired).toMatchObject({ detail: { id, why: 'the daemon was started again' } });
  expect(await daemon.ask({ cmd: 'approve', approval: id })).toMatchObject({ ok: false, code: 'not_found' });
});

test('what is dangerous takes an admin, a daemon started for it, and to prune the record an elevated session', async ({
  skip,
}) => {
  skip(!known, 'koffi does not run here');
  expect(await daemon.ask({ cmd: 'spoke_confine', spoke: 'asker', require: 'none' })).toMatchObject({
    ok: true,
  });
  expect((await daemon.ask({ cmd: 'status' })).notes).toContain(
    "spoke asker: 'none' is enough for it until the daemon ends (spoke confine)",
  );
  expect(await daemon.ask({ cmd: 'audit_prune', older_ms: 0 })).toMatchObject({
    code: 'denied',
    error: "audit_prune: it takes an elevated session; run 'axium elevate'",
  });
  expect(await daemon.ask({ cmd: 'jobs_kill_all' })).toMatchObject({ code: 'denied' });
  if (isRoot && existsSync(PERL)) {
    const confine = { cmd: 'spoke_confine', spoke: 'asker', require: 'none' };
    expect(await stranger('', confine)).toMatchObject({ code: 'denied' });
    expect(await stranger(group, confine)).toMatchObject({ ok: true });
  }
  if (!existsSync(SCRIPT)) return;
  const pruned = await atTerminal(
    'axium elevate --reason x && axium audit prune --older-than 1d && axium jobs kill --all && axium drop',
  );
  expect(pruned).toMatch(/removed 0 pieces\nNo jobs\n/);
});

test('a spoke that was stopped by hand is started by hand in an elevated session alone', async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  expect(await daemon.ask({ cmd: 'spoke_stop', spoke: 'asker' })).toMatchObject({
    spokes: [{ name: 'asker', state: 'stopped' }],
  });
  expect(await daemon.ask({ cmd: 'spoke_reload', spoke: 'asker' })).toMatchObject({ code: 'denied' });
  expect(await daemon.ask({ cmd: 'spoke_reload' })).toMatchObject({ spokes: [{ state: 'stopped' }] });
  if (!existsSync(SCRIPT)) return;
  expect(await atTerminal('axium elevate --reason x && axium spoke reload asker')).toContain('asker');
  expect(await daemon.ask({ cmd: 'spoke_list' })).toMatchObject({ spokes: [{ state: 'ready' }] });
});

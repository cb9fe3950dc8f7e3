import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadPeerLookup } from '../../core/control/peer.ts';
import type { GrantStatus, PendingApproval } from '../../schemas/approvals.ts';
import { createPowers } from '../support/powers.ts';
import { confirming, runAtTerminal, SCRIPT } from './support/at-terminal.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** What a yes for good covers of what is destructive, on a real daemon, at a real terminal, with a real rm. */
const CONFIG = '../axium/config/config.yaml';
const known = (await loadPeerLookup(createPowers().filesNow)) !== null;

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async ({ skip }) => {
  skip(!known, 'koffi does not run here');
  skip(!existsSync(SCRIPT), 'there is no script(1) here');
  home = await makeAxiumHome();
  await home.put(CONFIG, 'sandbox:\n  require: none\n');
  for (const name of ['one', 'two', 'three']) await mkdir(`${home.home}/${name}/full`, { recursive: true });
  daemon = await hostDaemon(home);
});

afterEach(async () => {
  await daemon?.end();
  await home?.remove();
});

const REJECTED = /rejected by user:\d+\ncode=77/;
const isThere = (name: string) => existsSync(`${home.home}/${name}`);

/** Runs a command of a person who says yes to it for good, at the same terminal. */
const always = (command: string) =>
  runAtTerminal(
    home,
    `axium exec -- ${command} </dev/null & asked=$!
    read id; axium approve $id --always; wait $asked; echo code=$?`,
    (text) => /it waits for 'axium approve ([0-9a-f]{32})'/.exec(text)?.[1] ?? null,
  );

test('the question, the answer and the list say that a yes for good covers what is destructive', async () => {
  const shown = await always(`rm -rf ${home.home}/one`);
  expect(shown).toMatch(/^ {2}because {2}it is destructive \(rm -rf\)$/m);
  expect(shown).toMatch(/^ {2}always {3}would cover \/usr\/bin\/rm -rf \.\.\., which is destructive$/m);
  const [grant = '', id = ''] =
    /^(g[0-9a-f]{8}) {2}user:\d+ {2}exec: \/usr\/bin\/rm -rf \.\.\., which is destructive\n {2}persistent\n.*\n/m.exec(
      shown,
    ) ?? [];
  expect(shown).toMatch(/^code=0$/m);
  expect(isThere('one')).toBe(false);
  expect((await runCli(home, ['grants', 'list'])).stdout).toBe(grant);
  const { grants } = await daemon.ask({ cmd: 'grants_list' });
  expect(grants as GrantStatus[]).toMatchObject([{ id, destructive: true, counts: true }]);

  const run = (...words: readonly string[]) => runCli(home, ['exec', '--', 'rm', ...words]);
  expect(await run('-rf', `${home.home}/two`)).toMatchObject({ code: 0, stderr: '' });
  expect(isThere('two')).toBe(false);
  // Other words, although they mean the same.
  const asked = await runAtTerminal(
    home,
    `axium exec -- rm -r -f ${home.home}/three; echo code=$?`,
    confirming('n'),
  );
  expect(asked).toMatch(REJECTED);
  expect(await runCli(home, ['grants', 'revoke', id])).toMatchObject({ code: 0 });
  const again = await runAtTerminal(
    home,
    `axium exec -- rm -rf ${home.home}/three; echo code=$?`,
    confirming('n'),
  );
  expect(again).toMatch(REJECTED);
  expect(isThere('three')).toBe(true);
});

test('at the question itself a yes for good takes the whole word, offered only where there can be one', async () => {
  const run = (name: string, answer: string) =>
    runAtTerminal(home, `axium exec -- rm -rf ${home.home}/${name}; echo code=$?`, confirming(answer));
  const shown = await run('one', 'a');
  expect(shown).toContain('Run it? [y/N/always] ');
  expect(shown).toMatch(REJECTED);
  expect(await daemon.ask({ cmd: 'grants_list' })).toMatchObject({ grants: [] });
  const taken = await run('one', 'always');
  expect(taken).toMatch(
    /^g[0-9a-f]{8} {2}user:\d+ {2}exec: \/usr\/bin\/rm -rf \.\.\., which is destructive$/m,
  );
  expect(taken).toMatch(/^code=0$/m);
  expect(await runCli(home, ['exec', '--', 'rm', '-rf', `${home.home}/two`])).toMatchObject({ code: 0 });
  expect([isThere('one'), isThere('two')]).toEqual([false, false]);

  const shell = `axium exec -- sh -c 'rm -r ${home.home}/three'; echo code=$?`;
  const refused = await runAtTerminal(home, shell, confirming('always'));
  expect(refused).toContain('Run it? [y/N] ');
  expect(refused).toMatch(REJECTED);
  expect(isThere('three')).toBe(true);
});

test('a yes for good from before a command was destructive does not come alive by that', async () => {
  const shown = await always(`rm -r ${home.home}/one`);
  expect(shown).toMatch(/exec: \/usr\/bin\/rm \.\.\.\n {2}persistent\n/);
  expect(shown).not.toContain('destructive');
  const run = (name: string) => runCli(home, ['exec', '--', 'rm', '-r', `${home.home}/${name}`]);
  expect(await run('two')).toMatchObject({ code: 0 });
  await home.put(CONFIG, 'sandbox:\n  require: none\npeople:\n  destructive: [rm -r]\n');
  expect(await daemon.ask({ cmd: 'spoke_reload' })).toMatchObject({ ok: true });
  const asked = await runAtTerminal(
    home,
    `axium exec -- rm -r ${home.home}/three; echo code=$?`,
    confirming('n'),
  );
  expect(asked).toContain('it is destructive (rm -r)');
  expect(asked).toMatch(REJECTED);
  expect([isThere('one'), isThere('two'), isThere('three')]).toEqual([false, false, true]);
});

test('nobody can say yes for good to what is destructive and a spoke asks', async () => {
  const code = `export async function register(axium) {
    axium.sendRequest({ cmd: 'daemon_exec', command: ['rm', '-rf', '${home.home}/one'] });
  }`;
  await home.addSpoke('asker', 'permissions:\n  exec: true\n', code);
  await home.permissions('asker:\n  exec: ask\n');
  await daemon.ask({ cmd: 'spoke_reload' });
  let reply = await daemon.ask({ cmd: 'approvals' });
  while ((reply.approvals as PendingApproval[]).length === 0)
    reply = await daemon.ask({ cmd: 'approvals_wait', change: reply.change });
  const [question] = reply.approvals as PendingApproval[];
  expect(question).toMatchObject({ principal: 'spoke:asker', alwaysPattern: null, alwaysDestructive: false });
  expect(await runCli(home, ['approve', question?.id ?? '', '--always'])).toMatchObject({
    ...{ code: 77, stdout: '' },
    stderr: 'axium: there is no pattern that could be allowed for good here; say yes once, or for a time\n',
  });
  expect(await daemon.ask({ cmd: 'grants_list' })).toMatchObject({ grants: [] });
  expect(isThere('one')).toBe(true);
});

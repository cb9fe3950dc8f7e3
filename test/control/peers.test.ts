import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type CallerInput, createCallerLookup } from '../../core/control/caller.ts';
import { loadPeerLookup, type PeerLookup } from '../../core/control/peer.ts';
import { serveControl } from '../../core/control/serve.ts';
import { attachControl } from '../../core/control/server.ts';
import type { TierSettings } from '../../core/control/tier.ts';
import { chooseContainment, inGroup } from '../../core/jobs/containment.ts';
import { Jobs } from '../../core/jobs/jobs.ts';
import { createPowers } from '../support/powers.ts';
import { commandTarget } from '../support/queries.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { makeHost } from './support/control-host.ts';

/** Real processes with other rights connect to a real socket. */
const PEER = fileURLToPath(new URL('support/peer.pl', import.meta.url));
const PERL = '/usr/bin/perl';
const UNSHARE = '/usr/bin/unshare';
const isRoot = process.getuid?.() === 0;
const OWNER = 54_321;
const [NOBODY, ADMINS, OPERATORS] = [65_534, 54_350, 54_360];

const SETTINGS: TierSettings = {
  owner: OWNER,
  admins: { name: 'admins', gid: ADMINS },
  operators: { name: 'operators', gid: OPERATORS },
  unknown: 'readonly',
};
/** Where the user of this test is that of the daemon. */
const OWN_SETTINGS = { ...SETTINGS, owner: process.getuid?.() ?? 0 };

type Answer = Readonly<Record<string, unknown>>;

let lookup: PeerLookup | null;
beforeEach(async ({ skip }) => {
  lookup = await loadPeerLookup(createPowers().filesNow);
  skip(lookup === null, 'koffi does not run here');
  skip(!existsSync(PERL), 'there is no perl here');
});

async function openTo(changed: Partial<CallerInput> = {}, dangerous = false) {
  const { handlers, powers } = await makeHost();
  const directory = makeTemporaryDirectory();
  await chmod(directory, 0o711);
  const path = `${directory}/axiumd.sock`;
  const server = await powers.listen(path);
  await chmod(path, 0o666);
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  });
  const callerOf = createCallerLookup({
    lookup,
    settings: SETTINGS,
    onlyOwner: false,
    spokeOf: () => null,
    ...changed,
  });
  const serve = serveControl({ handlers, dangerous, onRefused: () => {}, onDefect: () => {} });
  attachControl(server, callerOf, serve);
  const peer = (...words: readonly string[]) => run(PERL, [PEER, path, ...words]);
  return Object.assign(peer, { path });
}

function run(program: string, args: readonly string[]): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], (error, stdout) => {
      if (error) reject(error);
      else
        resolve(
          stdout
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Answer),
        );
    });
  });
}

const as = (uid: number, gid: number, groups: readonly number[] = []) =>
  ['as', String(uid), String(gid), groups.join(',')] as const;

describe('a real peer', () => {
  test('is who it is, its process and its groups included', async () => {
    const peer = await openTo({ settings: OWN_SETTINGS });
    const [answer] = await peer('ask');
    expect(answer).toMatchObject({
      principal: `user:${process.getuid?.()}`,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      tier: 'admin',
    });
    expect(answer?.pid).toBeGreaterThan(0);
  });

  test('gains nothing by what it says of itself', async () => {
    const peer = await openTo();
    for (const claim of [
      '"uid":0',
      '"tier":"admin"',
      '"session":"x"',
      '"principal":"user:0"',
      '"groups":[0]',
    ])
      expect(await peer('claim', claim)).toMatchObject([{ ok: false, code: 'invalid' }]);
  });

  test('that the daemon started for a spoke is that spoke, whatever its uid', async () => {
    const seen: (readonly number[])[] = [];
    const peer = await openTo({
      spokeOf: (processes) => {
        seen.push(processes);
        return processes.includes(process.pid) ? 'creds' : null;
      },
    });
    expect(await peer('ask')).toMatchObject([{ principal: 'spoke:creds', tier: 'readonly' }]);
    expect(seen[0]?.[1]).toBe(process.pid);
  });

  test('that the daemon started for a person is not that person', async () => {
    const peer = await openTo({ settings: OWN_SETTINGS, spokeOf: () => 'user:1000' });
    expect(await peer('ask')).toMatchObject([
      { principal: 'command:user:1000', tier: 'readonly', why: 'the process was started for user:1000' },
    ]);
  });
});

describe.runIf(isRoot)('a real peer with other rights', () => {
  test.each<[string, readonly string[], object]>([
    ['root', as(0, 0), { uid: 0, tier: 'admin', why: 'uid 0' }],
    ['the user of the daemon', as(OWNER, NOBODY), { uid: OWNER, tier: 'admin', principal: `user:${OWNER}` }],
    [
      'a member of the group of admins',
      as(NOBODY, NOBODY, [7, ADMINS]),
      { tier: 'admin', groups: [7, ADMINS] },
    ],
    ['one whose primary group it is', as(NOBODY, ADMINS), { gid: ADMINS, tier: 'admin' }],
    ['a member of the group of operators', as(NOBODY, NOBODY, [OPERATORS]), { tier: 'operator' }],
    ['a member of neither', as(NOBODY, NOBODY, [7, 8]), { tier: 'readonly', groups: [7, 8] }],
    [
      'a member of more groups than most',
      as(NOBODY, NOBODY, [...Array.from({ length: 200 }, (_, index) => 1000 + index), ADMINS]),
      { tier: 'admin' },
    ],
  ])('is known as %s', async (_who, words, identity) => {
    const peer = await openTo();
    expect(await peer(...words, 'ask')).toMatchObject([identity]);
  });

  test('that loses a group between two connections has lost it in the second', async () => {
    const peer = await openTo();
    const [inGroup, outside] = [as(NOBODY, NOBODY, [OPERATORS]), as(NOBODY, NOBODY)];
    expect(await peer(...inGroup, 'ask', ...outside, 'ask', ...inGroup, 'ask')).toMatchObject([
      { tier: 'operator' },
      { tier: 'readonly' },
      { tier: 'operator' },
    ]);
  });

  test('that has its connection from somebody else is that one, with neither more nor less', async () => {
    const peer = await openTo();
    expect(await peer('child', String(NOBODY), String(NOBODY), '')).toMatchObject([
      { uid: 0, tier: 'admin' },
    ]);
    expect(await peer(...as(NOBODY, NOBODY), 'child', '0', '0', '')).toMatchObject([
      { uid: NOBODY, tier: 'readonly' },
    ]);
  });

  test('in a pid namespace of its own is readonly, root or not', async ({ skip }) => {
    skip(!existsSync(UNSHARE), 'there is no unshare here');
    const peer = await openTo();
    expect(await peer('ask')).toMatchObject([{ tier: 'admin' }]);
    const words = ['--pid', '--fork', '--kill-child', PERL, PEER, peer.path, 'ask'];
    const inNamespace = await run(UNSHARE, words).catch(() => null);
    skip(inNamespace === null, 'this host gives no pid namespace');
    expect(inNamespace).toMatchObject([{ uid: 0, tier: 'readonly', principal: 'unknown' }]);
  });
});

describe.runIf(isRoot)('what is done for a real peer', () => {
  const REQUESTS = [
    { cmd: 'version' },
    { cmd: 'spoke_reload' },
    { cmd: 'shutdown' },
    { cmd: 'spoke_confine', spoke: 'nosuch', require: 'none' },
  ] as const;
  /** What each is answered to who may have it done. */
  const DONE = [
    { id: null, ok: true, version: '1.2.3', node: 'v20.0.0' },
    {
      ...{ id: null, ok: true, spokes: [] },
      refused: [{ directory: '/spokes/broken', problems: ['spoke.yaml:1:1: broken'] }],
    },
    { id: null, ok: true },
    {
      ...{ id: null, ok: false, code: 'not_found' },
      error: "spoke 'nosuch' not found; 'axium spoke list' shows those there are",
    },
  ];
  const denied = (error: string) => ({ id: null, ok: false, code: 'denied', error });
  const lacking = (cmd: string, tier: string, found: string) =>
    denied(`${cmd}: expected the tier ${tier}, found ${found}; 'axium whoami' shows who you are here`);
  const NEEDED = ['readonly', 'operator', 'admin', 'admin'] as const;

  test.each<[string, number, string, readonly string[]]>([
    ['root', 4, 'admin (uid 0)', as(0, 0)],
    ['a member of the group of admins', 4, 'admin (in the group admins)', as(NOBODY, NOBODY, [ADMINS])],
    ['a member of both groups', 4, 'admin (in the group admins)', as(NOBODY, NOBODY, [ADMINS, OPERATORS])],
    [
      'a member of the group of operators',
      2,
      'operator (in the group operators)',
      as(NOBODY, NOBODY, [OPERATORS]),
    ],
    [
      'somebody of neither group',
      1,
      'readonly (neither in the group admins nor in operators)',
      as(NOBODY, NOBODY),
    ],
  ])(
    '%s is given so many of: to look, the daily work, to end the daemon, and where it is enabled what is dangerous: %i',
    async (_who, count, found, words) => {
      for (const dangerous of [false, true]) {
        const peer = await openTo({}, dangerous);
        const answers = await peer(
          ...words,
          ...REQUESTS.flatMap((request) => ['send', JSON.stringify(request)]),
        );
        const expected = REQUESTS.map(({ cmd }, index) => {
          if (index >= count) return lacking(cmd, NEEDED[index] ?? '', found);
          if (cmd !== 'spoke_confine' || dangerous) return DONE[index];
          return denied(
            `${cmd}: dangerous operations disabled; start the daemon with AXIUM_DANGEROUS_OPS=true`,
          );
        });
        expect(answers).toEqual(expected);
      }
    },
  );
});

test('without the word of the kernel, only a socket that lets in nobody else has an owner', async () => {
  const settings = OWN_SETTINGS;
  const closed = await openTo({ lookup: null, onlyOwner: true, settings });
  expect(await closed('ask')).toMatchObject([
    { uid: null, tier: 'admin', principal: `user:${process.getuid?.()}` },
  ]);
  const open = await openTo({ lookup: null, onlyOwner: false, settings });
  expect(await open('ask')).toMatchObject([{ uid: null, tier: 'readonly', principal: 'unknown' }]);
});

describe('a command that runs for a spoke', () => {
  test.for(['in a namespace of its own', 'in a process group alone'])(
    '%s is that spoke on the socket, and no more',
    async (how, context) => {
      const powers = createPowers();
      const elsewhere = { uid: powers.uid, run: makeTemporaryDirectory(), readOnly: () => [] };
      const { containment, contain } = await chooseContainment(powers, elsewhere);
      const wanted = how === 'in a namespace of its own';
      if (wanted && containment !== 'namespace') context.skip('this host gives commands no namespace');
      const jobs = new Jobs({
        powers,
        environment: () => ({ env: {}, cwd: '/', limits: { timeoutMs: 20_000, maxOutput: 65_536 } }),
        contain: wanted ? contain : inGroup,
        maxPerSpoke: 4,
        keep: 10,
      });
      onTestFinished(() => jobs.stop());
      const peer = await openTo({
        settings: OWN_SETTINGS,
        spokeOf: (processes, session) => jobs.ownerOf(processes, session?.id ?? null),
      });
      const target = commandTarget([PERL, PEER, peer.path, 'ask', 'send', '{"cmd":"approvals"}']);
      const { stdout } = await jobs.start({ spoke: 'creds' }, target).finished;
      const answers = stdout.trimEnd().split('\n');
      const [whoami, approvals] = answers.map((line) => JSON.parse(line) as Answer);
      expect(whoami).toMatchObject({ uid: powers.uid, principal: 'spoke:creds', tier: 'readonly' });
      expect(approvals).toMatchObject({ ok: false, code: 'denied' });
    },
  );
});

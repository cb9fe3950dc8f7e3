import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPeerLookup } from '../../core/control/peer.ts';
import { createPowers } from '../support/powers.ts';

/**
 * `elevation.auth: root` as it is met in life: the daemon is an ordinary user's, who calls a real sudo at a terminal. The
 * users, the rules of sudo and /run are those of a mount namespace of the test.
 */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const PEER = fileURLToPath(new URL('../control/support/peer.pl', import.meta.url));
interface User {
  readonly name: string;
  readonly uid: number;
}
const ADA: User = { name: 'ada', uid: 64_201 };
const BEN: User = { name: 'ben', uid: 64_202 };
const RUNTIME = `/run/user/${ADA.uid}`;
/** Whether sudo gives its command a session and a terminal of its own. */
const WAYS = ['use_pty', '!use_pty'];
const REFUSED = 'elevation is for root to give here (elevation.auth); run sudo axium elevate';
const PR_SET_CHILD_SUBREAPER = 36;
const PRCTL: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };

const PROGRAMS = ['sudo', 'script', 'setpriv', 'unshare', 'nsenter', 'perl'].map(
  (name) => `/usr/bin/${name}`,
);
const missing = PROGRAMS.find((program) => !existsSync(program));
const lacking = [
  [process.getuid?.() === 0, 'this needs root, who alone can make users for a test'],
  [missing === undefined, `this needs ${missing}, which is not installed`],
  [canUnshare(), 'this needs a mount namespace, which this host does not give'],
  [(await loadPeerLookup(createPowers().filesNow)) !== null, 'koffi does not run here'],
].find(([there]) => there === false)?.[1] as string | undefined;

test.runIf(lacking)('elevation by root', ({ skip }) => skip(lacking));

describe.skipIf(lacking)('where elevation is for root to give', () => {
  let world: World;
  beforeAll(async () => {
    world = await startDaemon();
  });
  afterAll(() => world.end());

  /** What stands on a terminal of this user on which these lines were run. */
  const atTerminal = (user: User, lines: readonly string[], typed = ''): Promise<string> =>
    world.run(user, ['/usr/bin/script', '-qec', lines.join('\n'), '/dev/null'], typed);

  test.each(WAYS)(
    'a session is elevated by root alone: the one in which sudo was called (%s)',
    async (way) => {
      world.allowSudo(way);
      const shown = await atTerminal(
        ADA,
        [
          'axium elevate --reason x; echo "code $?"',
          'echo == elevated; sudo axium elevate --for 1m --reason release',
          "axium whoami; axium sessions; axium exec -- printf 'ran %s' here",
          // Another terminal of the same user, while the first one is elevated.
          'echo == elsewhere; script -qec "axium whoami; axium exec -- printf \'ran %s\' there; true" /dev/null',
          "echo == dropped; axium drop; axium whoami; axium exec -- printf 'ran %s' late",
          'echo == by root; sudo axium elevate --reason x; sudo axium drop; axium whoami',
        ],
        'n',
      );
      const part = partsOf(shown);
      expect(part('')).toContain(`axium: ${REFUSED}\ncode 77`);
      const [, session] = /^session (\d+) of uid 64201 is elevated for 1m 0s/m.exec(part('elevated')) ?? [];
      expect(part('elevated')).toMatch(
        new RegExp(`^session +${session} \\(elevated, (?:1m )?\\d+s left\\)`, 'm'),
      );
      expect(part('elevated')).toMatch(new RegExp(`^${session} +uid 64201 +.* left +release`, 'm'));
      expect(part('elevated')).toMatch(/^ran here$/m);
      for (const other of ['elsewhere', 'dropped']) {
        expect(part(other)).toMatch(/^session +\d+ \(standard\)/m);
        expect(part(other)).toMatch(/rejected by user:64201/);
        expect(part(other)).not.toMatch(/^ran/m);
      }
      expect(part('by root')).toMatch(/is elevated for 10m 0s/);
      expect(part('by root')).toMatch(/^session +\d+ \(standard\)/m);
    },
  );

  test.each(WAYS)('what was started for a spoke or a person cannot use that session (%s)', async (way) => {
    world.allowSudo(way);
    const shown = await atTerminal(ADA, [
      'sudo axium elevate --reason release',
      'echo == spoke; axium thief steal; echo "code $?"',
      `echo == command; axium exec -- ${world.stealing.join(' ')}; echo "code $?"`,
      'echo == own; axium exec -- printf mine; axium drop',
    ]);
    const part = partsOf(shown);
    for (const thief of ['spoke', 'command']) {
      expect(part(thief)).not.toMatch(/^stolen$/m);
      // It reaches no daemon where it has a namespace, and is nobody who may where it has none.
      expect(part(thief)).toMatch(/^axium: (?:the daemon is not running|exec: expected the tier)/m);
      expect(part(thief)).toMatch(/^code (?:69|77)$/m);
    }
    expect(part('own')).toMatch(/^mine$/m);
  });

  test.each(WAYS)("another user's sudo elevates their own session, and nobody else's (%s)", async (way) => {
    world.allowSudo(way);
    const shown = await atTerminal(BEN, [
      `export XDG_RUNTIME_DIR=${RUNTIME}`,
      `sudo XDG_RUNTIME_DIR=${RUNTIME} axium elevate --reason x; axium whoami`,
      'axium exec -- printf never; echo "code $?"',
    ]);
    const [, session] = /^session (\d+) of uid 64202 is elevated/m.exec(shown) ?? [];
    expect(shown).toMatch(new RegExp(`^session +${session} \\(elevated`, 'm'));
    // Which lifts no tier: he is in no group.
    expect(shown).toMatch(/^axium: exec: expected the tier operator, found readonly.*\ncode 77/m);
    const asAda = await atTerminal(ADA, ['axium sessions; axium whoami']);
    expect(asAda).toMatch(/uid 64202 /);
    expect(asAda).not.toMatch(/uid 64201 /);
    expect(asAda).toMatch(/^session +\d+ \(standard\)/m);
  });

  test.each([
    ['a link to it', `mkdir -p run; ln -sfn ${RUNTIME}/axium/axiumd.sock run/axiumd.sock`, 'something else'],
    ['a link to its directory', `rm -rf run; ln -sfn ${RUNTIME}/axium run`, `one of uid ${ADA.uid}`],
  ])('by sudo nobody has root speak to the socket of somebody else: %s', async (_how, plant, found) => {
    world.allowSudo('use_pty');
    const shown = await atTerminal(BEN, [
      `mkdir -p ~/.local/state/axium && cd ~/.local/state/axium && ${plant}`,
      'sudo axium elevate --reason x; echo "code $?"',
    ]);
    expect(shown).toMatch(
      new RegExp(`^axium: /\\S+/axiumd.sock: expected a socket of uid ${BEN.uid}, .*found ${found};`, 'm'),
    );
    expect(shown).toMatch(/^code 77$/m);
    expect(shown).not.toContain('is elevated');
  });

  test.each(WAYS)(
    'a session without a terminal is not, whatever terminal its command gets (%s)',
    async (way) => {
      world.allowSudo(way);
      const shown = await atTerminal(ADA, [
        'setsid -w sudo script -qec "axium elevate --reason x" /dev/null; axium sessions',
      ]);
      expect(shown).toContain('axium: only a session at a terminal can be elevated');
      expect(shown).not.toMatch(/uid 64201 /);
    },
  );

  test.each(WAYS)(
    'who takes the place of a shell that is gone is not elevated in its stead (%s)',
    async (way) => {
      const prctl = PRCTL[process.arch] ?? -1;
      world.allowSudo(way);
      const late = `${world.root}/ada/late-${way}`;
      const shown = await atTerminal(ADA, [
        // Becomes the parent of what its children leave behind, as the systemd of a user does.
        `perl -e 'syscall(${prctl}, ${PR_SET_CHILD_SUBREAPER}, 1, 0, 0, 0) == 0 or die; system @ARGV; 1 while wait != -1' \\`,
        `script -qec 'trap "" HUP; sudo late-elevate $$ >${late} 2>&1 & until [ -s ${late} ]; do sleep 0.05; done; kill -9 $$' /dev/null`,
        `cat ${late}; axium sessions`,
      ]);
      // Its terminal goes with the process that began it.
      expect(shown).toContain('started\naxium: only a session at a terminal can be elevated');
      expect(shown).not.toMatch(/uid 64201 /);
    },
  );

  test('a set-id program of root is not root', async ({ skip }) => {
    const elevate = '{"cmd":"elevate","for_ms":60000,"reason":"x"}';
    const answers = await atTerminal(ADA, [
      `perl-as-root ${world.root}/bin/peer.pl ${RUNTIME}/axium/axiumd.sock ask send '${elevate}'`,
    ]);
    const [whoami, elevated] = answers
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    skip(whoami.uid !== 0, 'set-id bits do not count in the temporary directory');
    expect(elevated).toMatchObject({ ok: false, code: 'denied', error: REFUSED });
  });

  test('root in a namespace of an ordinary user is not root', async ({ skip }) => {
    const shown = await atTerminal(ADA, [
      'unshare -Ur true && echo == ready; unshare -Ur axium elevate --reason x; axium sessions',
    ]);
    skip(!shown.includes('== ready'), 'this host gives an ordinary user no namespace');
    expect(shown).toContain(`axium: ${REFUSED}`);
    expect(shown).not.toMatch(/uid 64201 /);
  });
});

/** What was printed after the line `== NAME`, up to the next of its kind. */
function partsOf(shown: string): (name: string) => string {
  const parts = new Map(
    `== \n${shown}`.split(/^== /m).map((part) => [part.split('\n')[0]?.trim() ?? '', part] as const),
  );
  return (name) => parts.get(name) ?? '';
}

interface World {
  readonly root: string;
  /** Has sudo run its commands at its own terminal (`use_pty`), or at that of who calls it. */
  readonly allowSudo: (way: string) => void;
  /** The words by which a command would have another one run in its user's name. */
  readonly stealing: readonly string[];
  /** Runs a program and returns what it printed; what asks yes or no is told what is typed. */
  readonly run: (user: User, words: readonly string[], typed: string) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** Starts ada's daemon in a mount namespace with users and rules of sudo of its own. */
async function startDaemon(): Promise<World> {
  const root = mkdtempSync(`${tmpdir()}/axium-test-`);
  chmodSync(root, 0o755);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    writeFileSync(`${root}/${path}`, text, { mode });
  };
  const axium = `exec ${root}/bin/node ${root}/package/dist/cli/axium.cjs`;
  const late = 'echo started; while [ -e /proc/$1 ]; do sleep 0.05; done';
  write('bin/node', '');
  write('bin/axium', `#!/bin/sh\n${axium} "$@"\n`, 0o755);
  write('bin/late-elevate', `#!/bin/sh\n${late}\n${axium} elevate --reason late\n`, 0o755);
  copyFileSync(PEER, `${root}/bin/peer.pl`);
  copyFileSync('/usr/bin/perl', `${root}/bin/perl-as-root`);
  chmodSync(`${root}/bin/perl-as-root`, 0o4755);
  mkdirSync(`${root}/package`);
  mkdirSync(`${root}/ben`);
  chownSync(`${root}/ben`, BEN.uid, BEN.uid);
  const homeOf = ({ name, uid }: User) => (uid === 0 ? '/root' : `${root}/${name}`);
  const users = [{ name: 'root', uid: 0 }, ADA, BEN];
  const line = (user: User) => `${user.name}:*:${user.uid}:${user.uid}::${homeOf(user)}:/bin/sh\n`;
  write('passwd', users.map(line).join(''));
  write('group', users.map(({ name, uid }) => `${name}:*:${uid}:\n`).join(''));
  const allowSudo = (way: string) =>
    write(
      'sudoers',
      `Defaults ${way}, secure_path="${root}/bin:/usr/bin:/bin"
ada ALL=(root) NOPASSWD: ${root}/bin/axium, ${root}/bin/late-elevate, /usr/bin/script
ben ALL=(root) NOPASSWD:SETENV: ${root}/bin/axium elevate *
`,
      0o440,
    );
  allowSudo('use_pty');
  const stealing = ['env', `HOME=${root}/ada`, `XDG_RUNTIME_DIR=${RUNTIME}`, `${root}/bin/axium`];
  stealing.push('exec', '--', 'printf', 'stolen');
  write(
    'ada/.config/axium/config.yaml',
    'elevation:\n  auth: root\nsandbox:\n  require: none\nsocket:\n  mode: 0666\n',
  );
  const spoke = 'ada/.config/axium/spokes/thief';
  write(
    `${spoke}/spoke.yaml`,
    'name: thief\nversion: 0.1.0\nentrypoint: main:register\npermissions:\n  exec: true\n',
  );
  write(
    `${spoke}/main.mjs`,
    `export const register = (axium) => axium.command('steal', async (_args, { print }) => {
      const { code, stdout, stderr } = await axium.exec(${JSON.stringify(stealing)}, { mode: 'wait' });
      print(stdout + stderr);
      return code;
    });\n`,
  );
  execFileSync('chown', ['-R', `${ADA.uid}:${ADA.uid}`, `${root}/ada`]);
  mkdirSync(`${root}${RUNTIME}`, { recursive: true });
  chownSync(`${root}${RUNTIME}`, ADA.uid, ADA.uid);
  const mounts = [
    ...['passwd', 'group', 'sudoers'].map((name) => `mount --bind ${root}/${name} /etc/${name}`),
    // Both may lie where another user cannot go.
    `mount --bind ${PACKAGE} ${root}/package`,
    `mount --bind ${process.execPath} ${root}/bin/node`,
    `mount --bind ${root}/run /run`,
  ];
  const as = ({ uid }: User) => ['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const environmentOf = (user: User) => ({
    ...{ HOME: homeOf(user), XDG_RUNTIME_DIR: `/run/user/${user.uid}`, SHELL: '/bin/sh' },
    PATH: `${root}/bin:/usr/bin:/bin`,
  });
  const main = [`${root}/bin/node`, `${root}/package/dist/core/main.js`];
  const inNamespace = ['-m', 'sh', '-ec', [...mounts, 'exec "$@"'].join('\n'), 'sh'];
  const daemon = spawn('/usr/bin/unshare', [...inNamespace, ...as(ADA), ...main], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    env: { ...environmentOf(ADA), AXIUM_READY_FD: '3' },
  });
  const exited = once(daemon, 'exit');
  let ready = '';
  for await (const chunk of daemon.stdio[3] as Readable) ready += chunk;
  if (ready === '') throw new Error(`the daemon ended before it was ready (${await exited})`);
  return {
    root,
    allowSudo,
    stealing,
    run: (user, words, typed) =>
      new Promise((resolve) => {
        // The words of unshare, sh and setpriv have become the daemon.
        const inThere = ['-t', String(daemon.pid), '-m', '--', ...as(user), ...words];
        const child = spawn('/usr/bin/nsenter', inThere, {
          stdio: ['pipe', 'pipe', 'inherit'],
          env: environmentOf(user),
          cwd: '/',
        });
        let [text, answered] = ['', 0];
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          const asked = text.split('Run it? [y/N').length - 1;
          for (; answered < asked; answered += 1) child.stdin.write(`${typed}\n`);
        });
        child.once('close', () => resolve(text.replaceAll('\r', '')));
      }),
    async end() {
      daemon.kill();
      await exited;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function canUnshare(): boolean {
  try {
    execFileSync('/usr/bin/unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished, type TestContext } from 'vitest';
import { PERL } from '../../core/host-programs.ts';
import { PACKAGE_ROOT } from '../scenarios/support/levels.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const LAUNCHER = `${PACKAGE_ROOT}core/sandbox/launch.pl`;
const ARCHITECTURE = ['--architecture', process.arch];
const FILTER = [...ARCHITECTURE, '--filter-fd', '3'];
/** Everything may be read and run, so that whatever stops the launcher is what the test gave it. */
const EVERYWHERE = ['--read', '/', '--execute', '/'];
const OPEN = [...FILTER, ...EVERYWHERE];
const PROGRAM = ['--', '/bin/sh', '-c', 'echo started'];

/** struct sock_filter, little-endian: answer everything with "allow". */
const ALLOW_ALL = Buffer.from([0x06, 0, 0, 0, 0, 0, 0xff, 0x7f]);

/** Runs the launcher; descriptor 3 is a file with these bytes, and `more` are those from 4 on. */
function launch(
  ctx: TestContext,
  words: readonly string[],
  filter: Buffer = ALLOW_ALL,
  more: readonly number[] = [],
) {
  if (!existsSync(PERL)) ctx.skip(`${PERL} is not installed`);
  const path = `${makeTemporaryDirectory()}/filter`;
  writeFileSync(path, filter);
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  const { status, stdout, stderr } = spawnSync(PERL, [LAUNCHER, ...words], {
    encoding: 'utf8',
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', fd, ...more],
  });
  if (stderr.startsWith('launch: landlock version')) ctx.skip(stderr.trim());
  return { status, stdout, stderr };
}

it('the launcher starts a program when all is in order', (ctx) => {
  const run = launch(ctx, [...OPEN, '--env', 'A=b=c', '--', '/bin/sh', '-c', 'echo "$A"']);
  expect(run).toEqual({ status: 0, stdout: 'b=c\n', stderr: '' });
});

const REFUSED: Readonly<Record<string, { words: readonly string[]; says: RegExp; filter?: Buffer }>> = {
  'an option that it does not know': {
    words: [...OPEN, '--no-filter', '1', ...PROGRAM],
    says: /^launch: unknown option --no-filter\n$/,
  },
  'a word that is no option': {
    words: [...OPEN, 'read', '/', ...PROGRAM],
    says: /^launch: expected an option, found 'read'\n$/,
  },
  'no architecture': {
    words: ['--filter-fd', '3', ...EVERYWHERE, ...PROGRAM],
    says: /^launch: expected --architecture x64 or arm64\n$/,
  },
  'an architecture that it does not know': {
    words: [...OPEN, '--architecture', 'riscv64', ...PROGRAM],
    says: /^launch: expected --architecture x64 or arm64\n$/,
  },
  'no program': { words: [...OPEN, '--'], says: /^launch: expected a program\n$/ },
  'no filter': {
    words: [...ARCHITECTURE, ...EVERYWHERE, ...PROGRAM],
    says: /^launch: expected --filter-fd: without a filter nothing is started\n$/,
  },
  'an empty filter': {
    words: [...OPEN, ...PROGRAM],
    filter: Buffer.alloc(0),
    says: /^launch: the filter is empty\n$/,
  },
  'a filter that the kernel does not take': {
    words: [...OPEN, ...PROGRAM],
    filter: Buffer.alloc(16, 0xff),
    says: /^launch: seccomp: /,
  },
  'a filter on a descriptor that is not open': {
    words: [...ARCHITECTURE, ...EVERYWHERE, '--filter-fd', '9', ...PROGRAM],
    says: /^launch: filter: /,
  },
  'a forbidden file that can still be read': {
    words: [...OPEN, '--forbidden', '/etc/passwd', ...PROGRAM],
    says: /^launch: \/etc\/passwd can still be read\n$/,
  },
  'a path that is not there': {
    words: [...OPEN, '--read', '/nonexistent/axium', ...PROGRAM],
    says: /^launch: \/nonexistent\/axium: No such file or directory\n$/,
  },
  'a limit that there is not': {
    words: [...OPEN, '--limit', '99:1', ...PROGRAM],
    says: /^launch: limit 99:1: /,
  },
  'a program that is not there': {
    words: [...OPEN, '--', '/nonexistent/axium'],
    says: /^launch: \/nonexistent\/axium: No such file or directory$/m,
  },
};

for (const [what, { words, says, filter }] of Object.entries(REFUSED)) {
  it(`the launcher starts nothing with ${what}`, (ctx) => {
    const { status, stdout, stderr } = launch(ctx, words, filter);
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(status).not.toBe(0);
  });
}

it('a program that the launcher starts can read and run only what it was told', (ctx) => {
  const readable = makeTemporaryDirectory();
  writeFileSync(`${readable}/note`, 'inside');
  const script = `read -r line < ${readable}/note || :; echo "$line"; read -r line < /etc/passwd || echo refused`;
  const libraries = ['/lib', '/lib64', '/usr/lib', '/bin/sh'].filter((path) => existsSync(path));
  const words = [
    ...libraries.flatMap((path) => ['--execute', path]),
    ...[...FILTER, '--read', readable, '--forbidden', '/etc/passwd', '--', '/bin/sh', '-c', script],
  ];
  expect(launch(ctx, words)).toMatchObject({ status: 0, stdout: 'inside\nrefused\n' });
});

it('a program that the launcher starts has no descriptor beside those of a spoke', (ctx) => {
  const path = `${makeTemporaryDirectory()}/secret`;
  writeFileSync(path, 'hunter2\n');
  const secret = openSync(path, 'r');
  onTestFinished(() => closeSync(secret));
  const script = 'read -r line <&4 && echo "$line"; read -r line <&9 && echo "$line"; echo end';
  const more = Array.from({ length: 6 }, () => secret);
  const { stdout } = launch(ctx, [...OPEN, '--', '/bin/sh', '-c', script], ALLOW_ALL, more);
  expect(stdout).toBe('end\n');
});

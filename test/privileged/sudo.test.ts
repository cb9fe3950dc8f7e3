import { execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseTable } from '../../core/executor/table.ts';
import { runBySudo } from '../../core/privileged/sudo.ts';
import { sudoersFor } from '../../core/privileged/sudoers.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const rate = 'rate: {each: 1, all: 1, per: 1h}\n    description: x\n    tier: operator\n';
const LISTED = parseTable(
  'actions.yaml',
  `version: 1
actions:
  plain:
    argv: [/usr/bin/id]
    ${rate}
  restart_service:
    parameters: {unit: {type: choice, of: [a@b.service, c.service]}}
    argv: [/usr/bin/printf, '%s', --, '{unit}']
    ${rate}
  odd:
    argv: [/usr/bin/printf, '%s', 'a,b:c=d']
    ${rate}
  level:
    parameters: {level: {type: integer, min: -1, max: 1}}
    argv: [/usr/bin/printf, '{level}']
    ${rate}
  wide:
    parameters: {level: {type: integer, min: 0, max: 1000000}}
    argv: [/usr/bin/printf, '{level}']
    ${rate}
  wildcard:
    argv: [/usr/bin/printf, 'a*']
    ${rate}
  blank:
    argv: [/usr/bin/printf, 'two words']
    ${rate}
  pattern:
    argv: [/usr/bin/printf, '^.*$']
    ${rate}
  named:
    parameters: {name: {type: name}}
    argv: [/usr/bin/printf, '{name}']
    ${rate}
  consented:
    polkit: true
    argv: [/usr/bin/id, -u]
    ${rate}
  nicer:
    parameters: {process: {type: process}}
    argv: [/usr/bin/renice, -n, '1', -p, '{process}']
    ${rate}
  off:
    enabled: false
    argv: [/usr/bin/whoami]
    ${rate}
`,
);
test('the rules for sudo name each command in full, have no wildcard, and leave out what cannot be listed', () => {
  expect(sudoersFor(LISTED, 'ada')).toBe(String.raw`# plain
ada ALL=(root) NOPASSWD: /usr/bin/id ""
# restart_service
ada ALL=(root) NOPASSWD: /usr/bin/printf %s -- a@b.service
ada ALL=(root) NOPASSWD: /usr/bin/printf %s -- c.service
# odd
ada ALL=(root) NOPASSWD: /usr/bin/printf %s a\,b\:c\=d
# level
ada ALL=(root) NOPASSWD: /usr/bin/printf -1
ada ALL=(root) NOPASSWD: /usr/bin/printf 0
ada ALL=(root) NOPASSWD: /usr/bin/printf 1
# wide: left out, since its words cannot be listed one by one
# wildcard: left out, since its words cannot be listed one by one
# blank: left out, since its words cannot be listed one by one
# pattern: left out, since its words cannot be listed one by one
# named: left out, since its words cannot be listed one by one
# consented: left out, since only the executor can look after it
# nicer: left out, since only the executor can look after it
`);
});

const VISUDO = '/usr/sbin/visudo';
const SUDO = '/usr/bin/sudo';
const lacking = [
  [process.getuid?.() === 0, 'this needs root, who alone can exchange the rules of sudo for a test'],
  [existsSync(SUDO) && existsSync(VISUDO), 'this needs sudo, which is not installed'],
  [canUnshare(), 'this needs a mount namespace, which this host does not give'],
].find(([there]) => there === false)?.[1] as string | undefined;

test.runIf(lacking)('sudo', ({ skip }) => skip(lacking));

describe.skipIf(lacking)('a real sudo', () => {
  let rules: string;
  beforeEach(() => {
    rules = `${makeTemporaryDirectory()}/sudoers`;
  });
  const write = (text: string) => writeFileSync(rules, text, { mode: 0o440 });

  /** Runs words by sudo as an ordinary user, on these rules alone. */
  const run = (...argv: string[]) => {
    const inNamespace =
      'mount --bind "$0" /etc/sudoers && exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"';
    const powers = createPowers({
      spawn: (program, words, options) =>
        spawn('/usr/bin/unshare', ['-m', 'sh', '-c', inNamespace, rules, program, ...words], options),
    });
    return runBySudo(powers, SUDO, argv, { timeoutMs: 10_000, maxOutput: 1000 });
  };

  test('takes the generated rules, and runs exactly what they name', async () => {
    write(sudoersFor(LISTED, 'nobody'));
    expect(execFileSync(VISUDO, ['-c', '-f', rules], { encoding: 'utf8' })).toContain('parsed OK');
    expect(await run('/usr/bin/id')).toMatchObject({
      end: 'exited',
      code: 0,
      stdout: expect.stringContaining('uid=0'),
    });
    expect(await run('/usr/bin/printf', '%s', '--', 'c.service')).toMatchObject({ stdout: '--c.service' });
    expect(await run('/usr/bin/printf', '%s', 'a,b:c=d')).toMatchObject({
      code: 0,
    });
    expect(await run('/usr/bin/printf', '-1')).toMatchObject({ code: 0 });
  });

  test.each([
    ['another argument', ['/usr/bin/printf', '%s', '--', 'd.service']],
    ['an argument more', ['/usr/bin/printf', '%s', '--', 'c.service', 'd.service']],
    ['an argument less', ['/usr/bin/printf', '%s', '--']],
    ['an argument where there is none', ['/usr/bin/id', '-u']],
    ['what only a wildcard would cover', ['/usr/bin/printf', 'abc']],
    ['the same text in other words', ['/usr/bin/printf', '%s --', 'c.service', '']],
    ['another program', ['/usr/bin/whoami']],
  ])('runs nothing of %s', async (_what, argv) => {
    write(sudoersFor(LISTED, 'nobody'));
    expect(await run(...argv)).toBe(null);
  });

  test('that wants a password has done nothing', async () => {
    write('nobody ALL=(root) NOPASSWD: /usr/bin/id -u\nnobody ALL=(root) PASSWD: /usr/bin/id -g\n');
    expect(await run('/usr/bin/id', '-u')).toMatchObject({ stdout: '0\n' });
    expect(await run('/usr/bin/id', '-g')).toBe(null);
  });
});

function canUnshare(): boolean {
  try {
    execFileSync('/usr/bin/unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

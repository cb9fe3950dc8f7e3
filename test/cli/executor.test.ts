import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ExecutorWorld,
  isRoot,
  makeExecutorWorld,
  NOT_ROOT,
} from '../executor/support/executor-world.ts';
import { PACKAGE } from './support/cli.ts';

const CLI = `${PACKAGE}/dist/cli/axium.cjs`;

function axium(...words: readonly string[]) {
  const env = { PATH: '/usr/bin:/bin', HOME: '/nosuch' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words], { env, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

const filesBelow = (root: string) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(`${root}/${name}`).isFile(),
  );
const UNITS = ['axium-executor.service', 'axium-executor.socket'].map((name) => `etc/systemd/system/${name}`);
const TABLE = 'etc/axium/actions.yaml';
/** Files that only root may have written can be made by root alone, and from code of root's alone. */
const refusal = isRoot
  ? /^would refuse: (.*)$/m.exec(axium('executor', 'install', '--dry-run', '--root', '/nosuch').stdout)?.[1]
  : NOT_ROOT;

test.runIf(refusal)('installing the executor', ({ skip }) => skip(`from here it is refused: ${refusal}`));

describe.skipIf(refusal)('axium executor install --root', () => {
  let root: string;
  beforeAll(() => {
    root = realpathSync(mkdtempSync(`${tmpdir()}/axium-test-`));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const install = (...more: string[]) => axium('executor', 'install', '--root', root, ...more);
  const table = () => `${root}/${TABLE}`;

  test('--dry-run prints every file and writes none; without it they are written, for all to read', () => {
    const { code, stdout } = install('--dry-run');
    expect(code).toBe(0);
    for (const file of [TABLE, ...UNITS]) expect(stdout).toContain(`would write ${root}/${file}:\n`);
    expect(stdout).toContain('  CapabilityBoundingSet=\n');
    expect(filesBelow(root)).toEqual([]);
    expect(install().code).toBe(0);
    expect(filesBelow(root).sort()).toEqual([TABLE, ...UNITS]);
    for (const file of filesBelow(root)) expect(statSync(`${root}/${file}`).mode & 0o777).toBe(0o644);
    expect(readFileSync(`${root}/${UNITS[0]}`, 'utf8')).toContain(
      `ExecStart=${process.execPath} ${PACKAGE}/dist/core/executor/main.js\n`,
    );
  });

  test('the same once more changes nothing; an edited table stays, and what it needs is made', () => {
    const shipped = readFileSync(table(), 'utf8');
    const edited = shipped.replaceAll('enabled: false', 'polkit: true').replace('unconfined: true', '');
    writeFileSync(table(), edited);
    const dropIn = `${root}/${UNITS[0]}.d/50-actions.conf`;
    const policy = `${root}/usr/share/polkit-1/actions/org.axium.executor.policy`;
    expect(install()).toEqual({ code: 0, stdout: `wrote ${dropIn}\nwrote ${policy}\n`, stderr: '' });
    expect(readFileSync(table(), 'utf8')).toBe(edited);
    expect(readFileSync(dropIn, 'utf8')).toContain(
      'CapabilityBoundingSet=CAP_KILL CAP_NET_ADMIN CAP_SYS_NICE\n',
    );
    expect(readFileSync(policy, 'utf8')).toContain('org.axium.executor.kill-process');
    writeFileSync(table(), shipped);
    expect(install().stdout).toBe(`removed ${dropIn}\nremoved ${policy}\n`);
  });

  test('a table that others can write is refused', () => {
    chmodSync(table(), 0o666);
    expect(install()).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('nobody but root can write'),
    });
    chmodSync(table(), 0o644);
  });

  test('no file is replaced or removed that it has not written; what it has, uninstall removes, but for the table', () => {
    const unit = readFileSync(`${root}/${UNITS[1]}`, 'utf8');
    writeFileSync(`${root}/${UNITS[1]}`, '[Socket]\n');
    expect(install()).toMatchObject({ code: 1, stderr: expect.stringContaining('move it away first') });
    expect(axium('executor', 'uninstall', '--root', root).code).toBe(1);
    expect(readFileSync(`${root}/${UNITS[1]}`, 'utf8')).toBe('[Socket]\n');
    writeFileSync(`${root}/${UNITS[1]}`, unit);
    expect(axium('executor', 'uninstall', '--root', root).code).toBe(0);
    expect(filesBelow(root)).toEqual([TABLE]);
  });
});

test('executor sudoers prints rules without a wildcard, and takes no name that would be more than one', () => {
  const { code, stdout } = axium('executor', 'sudoers', '--user', 'ada');
  expect(code).toBe(0);
  expect(stdout).toContain('\nada ALL=(root) NOPASSWD: /usr/bin/systemctl restart -- nginx.service\n');
  expect(stdout).not.toMatch(/[*?[\]]/);
  expect(axium('executor', 'sudoers', '--user', 'ada ALL=(ALL) NOPASSWD: ALL\n#')).toMatchObject({
    code: 64,
  });
});

test('executor status says that there is none', () => {
  expect(axium('executor', 'status', '--socket', '/nosuch/executor.sock')).toEqual({
    code: 3,
    stdout: '',
    stderr: "axium: /nosuch/executor.sock: no executor is running; 'axium executor install' makes it one\n",
  });
});

test.skipIf(isRoot)('executor status of a running one', ({ skip }) => skip(NOT_ROOT));

describe.runIf(isRoot)('axium executor status', () => {
  let world: ExecutorWorld;
  beforeAll(async () => {
    world = makeExecutorWorld(
      'version: 1\nactions:\n  one: {description: The one, argv: [/usr/bin/id], tier: admin, rate: {each: 1, all: 1, per: 1h}}\n',
    );
    await world.start();
  });
  afterAll(() => world.remove());

  test('tells what one may have done', () => {
    const { code, stdout } = axium('executor', 'status', '--socket', world.socket);
    expect(code).toBe(0);
    expect(stdout).toContain(`axium-executor answers on ${world.socket}; you are admin\n`);
    expect(stdout).toContain('  one (admin): The one\n');
  });
});

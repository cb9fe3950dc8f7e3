import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE } from '../cli/support/cli.ts';
import { missingProgram } from '../scenarios/support/levels.ts';

/** An author's machine: a home, and a directory in which nothing is installed but what `npm pack` makes. */
const root = mkdtempSync(`${tmpdir()}/axium-author-`);
const work = `${root}/work`;
const env = {
  HOME: `${root}/home`,
  AXIUM_HOME: `${root}/axium`,
  PATH: `${work}/node_modules/.bin:${process.env.PATH}`,
};
let missing: string | null = null;

interface Ran {
  readonly code: number;
  readonly text: string;
}

function run(cwd: string, file: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, timeout: 300_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}

/** The dev loop until what it prints fits; what it had printed. */
async function develop(directory: string, fits: RegExp): Promise<string> {
  const child = spawn('axium', ['spoke', 'dev', '--require', 'none'], { cwd: directory, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (fits.test(text)) child.kill('SIGINT');
    });
  }
  const patience = setTimeout(() => child.kill('SIGINT'), 60_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(patience);
  return text;
}

beforeAll(async () => {
  for (const directory of [work, env.HOME, `${root}/pack`])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${work}/package.json`, '{ "private": true }\n');
  const { stdout } = await new Promise<{ stdout: string }>((resolve, reject) => {
    execFile(
      'npm',
      ['pack', '--silent', '--pack-destination', `${root}/pack`],
      { cwd: PACKAGE },
      (error, stdout) => (error ? reject(error) : resolve({ stdout })),
    );
  });
  const installed = await new Promise<Ran>((resolve) => {
    execFile(
      'npm',
      ['install', '--no-audit', '--no-fund', `${root}/pack/${stdout.trim()}`],
      { cwd: work },
      (error, out, err) => resolve({ code: error ? 1 : 0, text: out + err }),
    );
  });
  if (installed.code !== 0) missing = `the dependencies cannot be fetched: ${installed.text.slice(0, 200)}`;
}, 300_000);

afterAll(async () => {
  await run(work, 'axium', 'daemon', 'stop');
  rmSync(root, { recursive: true, force: true });
});

describe.each(['js', 'ts', 'python'])('an author with the template %s', (template) => {
  test('comes from nothing to an installed spoke', async (ctx) => {
    if (missing !== null) ctx.skip(missing);
    const python = template === 'python' ? missingProgram('python') : null;
    if (python !== null) ctx.skip(python);
    const name = `hello-${template}`;
    const directory = `${work}/${name}`;
    expect(await run(work, 'axium', 'spoke', 'new', name, '--template', template)).toMatchObject({ code: 0 });
    expect(await develop(directory, / ready \(\w+\)/)).toMatch(
      /allowed notify: .*\n(?:.*\n)*.* 0\.1\.0 ready \(\w+\)/,
    );
    const tested = await run(directory, 'npm', 'test');
    expect(`${tested.code} ${tested.code === 0 ? '' : tested.text}`).toBe('0 ');
    expect((await run(directory, 'axium', 'spoke', 'validate')).text).toContain('notify: notifications');
    expect(await run(directory, 'axium', 'spoke', 'pack')).toMatchObject({ code: 0 });
    expect((await run(work, 'axium', 'spoke', 'add', `${name}/${name}-0.1.0.tgz`, '--yes')).text).toContain(
      `${name} added`,
    );
    await run(work, 'axium', 'daemon', 'start');
    const { text } = await run(work, 'axium', 'spoke', 'reload');
    if (text.includes('it needs confinement')) ctx.skip('this host cannot confine spokes');
    expect(text).toMatch(new RegExp(`^${name} +0\\.1\\.0 +ready`, 'm'));
    expect((await run(work, 'axium', 'hud')).text).toContain(`[${name}]`);
  });
});

describe("an author's mistake gives one message with the file, the line and what to do", () => {
  const manifest = (name: string, entrypoint = 'main:register') =>
    `name: ${name}\nentrypoint: ${entrypoint}\n`;
  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'typo-in-the-entrypoint',
      { 'spoke.yaml': manifest('typo', 'mian:register'), 'main.mjs': '' },
      /^axium: \S+\/spoke\.yaml:2:13: the entry module 'mian' is not there; expected mian\.js.*; did you mean 'main'\?$/m,
    ],
    [
      'missing-export',
      { 'spoke.yaml': manifest('export'), 'main.mjs': 'export function regster() {}\n' },
      /^axium: spoke 'export' has code that does not run; mend it first:\n {2}spoke\.yaml:2:13: expected an exported function 'register' in main\.mjs, found the exports 'regster'; export it, or name another/m,
    ],
    [
      'syntax-error',
      { 'spoke.yaml': manifest('syntax'), 'main.mjs': 'export function register() {\n  return (;\n}\n' },
      /^axium: spoke 'syntax' has code that does not run; mend it first:\n {2}main\.mjs:2:11: Expression expected/m,
    ],
    [
      'undeclared-permission',
      {
        'spoke.yaml': manifest('undeclared'),
        'main.mjs': "\nexport async function register(axium) {\n  await axium.notify({ title: 'x' });\n}\n",
      },
      /failed: \S+\/main\.mjs:3:\d+: AxiumFailure: notify is denied: .*; an entry that would allow it: notify: true \(denied\); catch it to go on without/,
    ],
    [
      'never-ready',
      {
        'spoke.yaml': manifest('late'),
        'main.mjs':
          '\nexport function register() {\n  return new Promise(() => setInterval(() => {}, 1000));\n}\n',
      },
      /failed: it was not ready within 10 s: \S+\/main\.mjs:2: 'register' has not returned, or what it awaits has not settled; begin what takes longer/,
    ],
  ])('%s', async (what, files, says) => {
    if (missing !== null) return expect(missing).toContain('cannot be fetched');
    const directory = `${work}/${what}`;
    mkdirSync(directory);
    for (const [path, text] of Object.entries(files)) writeFileSync(`${directory}/${path}`, text);
    expect(await develop(directory, says)).toMatch(says);
  });
});

test('the package is one that publint has nothing to say of', async () => {
  const { code, text } = await run(PACKAGE, `${PACKAGE}/node_modules/.bin/publint`, '--strict');
  expect(`${code} ${code === 0 ? '' : text}`).toBe('0 ');
});

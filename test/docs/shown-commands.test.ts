import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AxiumHome, makeAxiumHome } from '../integration/support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from '../integration/support/hosted-daemon.ts';
import { type Page, readPage } from './markdown.ts';

/**
 * What the pages show is done for real: the spoke of the README runs in a daemon, and the commands that are shown are
 * run against it.
 */
const README = readPage('README.md');
const NOTES = '- [ ] call the plumber\n- [x] buy milk\n- [ ] renew the passport\n';

let python: boolean;
beforeAll(async () => {
  python = (await run('python3', ['--version'], {})).code === 0;
});

describe('the pages', () => {
  it('the spoke of the README does what the README says', async () => {
    const { home } = await hostTodo();
    expect(await answers(home, README)).toEqual(shownIn(README));
    const lines = (await home.securityLines()).map((line) => `${line}\n`).join('');
    expect(asAda(home, lines)).toBe(blockOf(README, '[SECURITY] '));
  });

  it('the commands of docs/cli.md print what it says', async () => {
    const { home } = await hostTodo();
    const page = readPage('docs/cli.md');
    expect(await answers(home, page)).toEqual(shownIn(page));
  });

  it('the ping of docs/wire.md reaches the daemon', async ({ skip }) => {
    skip(!python, 'there is no python3 here');
    const { home, daemon } = await hostTodo();
    await mkdir(`${home.root}/runtime`);
    await symlink(home.places.run, `${home.root}/runtime/axium`);
    const script = blockOf(readPage('docs/wire.md'), 'python3 ');
    const { stdout } = await run('sh', ['-c', script], { XDG_RUNTIME_DIR: `${home.root}/runtime` });
    expect(stdout).toBe(`${daemon.child.pid}\n`);
  });

  it('the check of docs/security-log.md finds the head that the daemon tells', async ({ skip }) => {
    skip(!python, 'there is no python3 here');
    const { home } = await hostTodo();
    const { stdout: head } = await runCli(home, ['audit', 'head']);
    expect(await verify(home, await textOf(home))).toEqual({ code: 0, stdout: head, stderr: '' });
  });

  it('the check of docs/security-log.md finds a record that was changed', async ({ skip }) => {
    skip(!python, 'there is no python3 here');
    const { home } = await hostTodo();
    const lines = (await textOf(home)).split('\n');
    const changed = lines.findIndex((line) => line.includes('"spoke":"todo"'));
    const forged = lines.with(changed, lines[changed]?.replace('todo', 'nosy') ?? '').join('\n');
    const next = lines.findIndex((line, at) => at > changed && line.includes('"prev"'));
    const { code, stderr } = await verify(home, forged);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `line ${next + 1}: what was before it was changed\n`,
    });
  });
});

/** A daemon that runs the spoke of the README, and has taken in all that the spoke says at its start. */
async function hostTodo(): Promise<{ readonly home: AxiumHome; readonly daemon: HostedDaemon }> {
  const home = await makeAxiumHome();
  onTestFinished(home.remove);
  const directory = `${home.places.spokesDirectory}/todo`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(`${directory}/spoke.yaml`, blockOf(README, '# spoke.yaml'));
  await writeFile(`${directory}/main.mjs`, blockOf(README, 'export async function register'));
  // The pages are about what a spoke asks; how far this host can confine it is not the question.
  await writeFile(home.places.configFile, 'sandbox:\n  require: none\n');
  await home.put('notes/todo.md', NOTES);
  const daemon = await hostDaemon(home);
  onTestFinished(() => daemon.end());
  await daemon.record((record) => record.type === 'event' && record.event === 'spoke_ready');
  await untilPrinted(home, daemon);
  return { home, daemon };
}

/** What a spoke prints comes on another pipe than what it asks, so it can come later. */
async function untilPrinted({ places }: AxiumHome, daemon: HostedDaemon): Promise<void> {
  const watcher = watch(places.spokeLogs);
  try {
    for (;;) {
      const changed = once(watcher, 'change');
      const { text } = await daemon.ask({ cmd: 'spoke_logs', spoke: 'todo' });
      if (text !== '') return;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

interface Shown {
  readonly command: string;
  readonly output: string;
}

/** The commands that a page shows with their output, as on a terminal. */
function shownIn({ blocks }: Page): readonly Shown[] {
  return blocks
    .filter(({ language }) => language === 'console')
    .flatMap(({ body }) => body.split(/^\$ /m).slice(1))
    .map((text) => ({
      command: text.slice(0, text.indexOf('\n')),
      output: text.slice(text.indexOf('\n') + 1),
    }));
}

/** The same commands with what they really print. */
async function answers(home: AxiumHome, page: Page): Promise<readonly Shown[]> {
  const answered: Shown[] = [];
  for (const { command } of shownIn(page)) {
    const { stdout, stderr } = await runCli(home, command.split(' ').slice(1));
    const output = asAda(home, stdout + stderr).replace(/^\[\d{4}-.{14}\]/m, '[2029-10-07 16:30:00]');
    answered.push({ command, output });
  }
  return answered;
}

/** A text as the user ada would see it. */
function asAda({ home }: AxiumHome, text: string): string {
  return text.replaceAll(home, '/home/ada');
}

/** The one block of a page that begins so. */
function blockOf({ path, blocks }: Page, start: string): string {
  const found = blocks.find(({ body }) => body.startsWith(start));
  if (!found) throw new Error(`${path}: expected a block that begins with '${start}'`);
  return found.body;
}

async function textOf(home: AxiumHome): Promise<string> {
  return (await home.records()).map((record) => `${JSON.stringify(record)}\n`).join('');
}

/** Runs the documented check on an audit log that lies where the page says. */
async function verify(home: AxiumHome, log: string) {
  await home.put('.local/state/axium/audit.jsonl', log);
  return run('sh', ['-c', blockOf(readPage('docs/security-log.md'), 'python3 ')], { HOME: home.home });
}

/** A program's end; code 127 where there is none such. */
function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 127) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeWorld, PACKAGE } from '../cli/support/cli.ts';
import { endDaemonAfterwards } from '../cli/support/real-daemon.ts';
import { readPage } from './markdown.ts';

/** What each block of the page is: the file that the text above it names, or commands. */
function stepsOf(path: string) {
  const { text } = readPage(path);
  return [...text.matchAll(/(?:`([\w./]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms)].map(
    ([, file, language = '', body = '']) => ({ file, language, body }),
  );
}

/** Runs one command as a shell would, in a directory. `axium spoke dev` is ended once the spoke is ready. */
async function runLine(line: string, cwd: string, env: Readonly<Record<string, string | undefined>>) {
  const child = spawn('/bin/sh', ['-c', `exec ${line}`], { cwd, env: { ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (line === 'axium spoke dev' && /\d ready \(\w+\)|cannot be started|failed:/.test(text))
        child.kill('SIGINT');
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { line, code, text };
}

test('every command of docs/first-spoke.md does what it is there for', { timeout: 90_000 }, async () => {
  const world = await makeWorld();
  endDaemonAfterwards(world);
  const { home } = world;
  mkdirSync(`${home}/bin`);
  writeFileSync(
    `${home}/bin/axium`,
    `#!/bin/sh\nexec "${process.execPath}" "${PACKAGE}/dist/cli/axium.cjs" "$@"\n`,
  );
  chmodSync(`${home}/bin/axium`, 0o755);
  mkdirSync(`${home}/node_modules`);
  symlinkSync(PACKAGE, `${home}/node_modules/axium`);
  mkdirSync(`${home}/notes`);
  writeFileSync(`${home}/notes/todo.md`, '- [ ] one\n- [ ] two\n- [x] three\n');
  const env = { ...world.env, PATH: `${home}/bin:${process.env.PATH}` };
  let directory = home;
  const results = new Map<string, string>();
  for (const { file, language, body } of stepsOf('docs/first-spoke.md')) {
    if (language === 'sh') {
      for (const line of body.trim().split('\n')) {
        if (line.startsWith('cd ')) {
          directory = `${directory}/${line.slice(3)}`;
          continue;
        }
        const { code, text } = await runLine(line, directory, env);
        expect(`${line}: ${code}\n${code === 0 ? '' : text}`).toBe(`${line}: 0\n`);
        results.set(line, text);
      }
    } else {
      const target = file ?? 'spoke.yaml';
      writeFileSync(`${directory}/${target}`, body);
    }
  }
  expect(results.get('npm test')).toMatch(/pass 1\n/);
  expect(results.get('axium spoke validate')).toBe(
    'todo 0.1.0: Shows how many things are left to do\nIt asks for:\n  notify: notifications\n  fs_read: ~/notes/todo.md\n',
  );
  expect(results.get('axium spoke pack')).toMatch(/todo-0\.1\.0\.tgz\nsha256 [0-9a-f]{64}\n/);
  expect(results.get('axium spoke list')).toMatch(/^todo +0\.1\.0 +/);
  // Where the host cannot confine it, it is listed and does not run.
  if (/ready/.test(results.get('axium spoke list') ?? ''))
    expect(results.get('axium hud')).toBe('[todo:2]\n');
});

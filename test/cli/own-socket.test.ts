import { once } from 'node:events';
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ownSocket } from '../../cli/own-socket.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const UID = process.getuid?.() ?? 0;

/** Listens at a path, and says its name to whoever connects. */
async function listen(path: string, name: string): Promise<void> {
  const server = createServer((socket) => socket.end(name));
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
}

async function whoAnswersAt(path: string): Promise<string> {
  let text = '';
  for await (const chunk of connect(path)) text += chunk;
  return text;
}

test('a socket of the user that is meant is the one that answers, whatever lies there later', async () => {
  const home = makeTemporaryDirectory();
  await listen(`${home}/sock`, 'theirs');
  const found = ownSocket(`${home}/sock`, UID) ?? '';
  expect(await whoAnswersAt(found)).toBe('theirs');
  renameSync(`${home}/sock`, `${home}/moved`);
  await listen(`${home}/sock`, 'another');
  expect([await whoAnswersAt(`${home}/sock`), await whoAnswersAt(found)]).toEqual(['another', 'theirs']);
});

test('where nothing lies there is none', () => {
  const home = makeTemporaryDirectory();
  writeFileSync(`${home}/file`, '');
  expect([ownSocket(`${home}/sock`, UID), ownSocket(`${home}/file/sock`, UID)]).toEqual([null, null]);
});

test('a socket of somebody else is refused, by any way that leads to it', async () => {
  const home = makeTemporaryDirectory();
  mkdirSync(`${home}/run`);
  await listen(`${home}/run/sock`, 'somebody');
  symlinkSync('run', `${home}/linked`);
  linkSync(`${home}/run/sock`, `${home}/hard`);
  for (const path of [`${home}/run/sock`, `${home}/linked/sock`, `${home}/hard`])
    expect(() => ownSocket(path, UID + 1)).toThrow(
      expect.objectContaining({
        exitCode: 77,
        message: `${path}: expected a socket of uid ${UID + 1}, who called sudo, found one of uid ${UID}; remove it, and restart the daemon`,
      }),
    );
});

test('what is no socket is refused: a link to one, a file, a directory', async () => {
  const home = makeTemporaryDirectory();
  await listen(`${home}/sock`, 'theirs');
  symlinkSync('sock', `${home}/link`);
  writeFileSync(`${home}/file`, '');
  mkdirSync(`${home}/directory`);
  for (const name of ['link', 'file', 'directory'])
    expect(() => ownSocket(`${home}/${name}`, UID)).toThrow('who called sudo, found something else;');
});

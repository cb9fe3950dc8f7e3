import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Change, encode, readJournal } from '../../core/notify/changes.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { notice, openQueue, titlesOf } from './support/open-queue.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  path = `${directory}/notifications.jsonl`;
});

const add = (id: string): Change => ({
  op: 'add',
  notification: {
    id,
    time: '2030-01-01T00:00:00.000Z',
    source: 'creds',
    ...notice(`title ${id} é`),
    count: 1,
  },
});
const done = (...ids: string[]): Change => ({ op: 'done', ids });

/** What is queued once these changes have happened. */
function replay(changes: readonly Change[]): readonly string[] {
  const queued: string[] = [];
  for (const change of changes) {
    if (change.op === 'add') queued.push(change.notification.title);
    if (change.op === 'done') for (const id of change.ids) queued.splice(queued.indexOf(`title ${id} é`), 1);
  }
  return queued;
}

const CHANGES = [add('1'), add('2'), add('3'), done('1', '3'), add('4'), done('2')];

test('what is written is read again', () => {
  expect(readJournal(CHANGES.map(encode).join(''))).toEqual({ changes: CHANGES, damaged: 0 });
  expect(readJournal('')).toEqual({ changes: [], damaged: 0 });
});

test('a journal that is cut off anywhere starts up with every change that was whole, and no other', async () => {
  const lines = CHANGES.map((change) => Buffer.from(encode(change)));
  const whole = Buffer.concat(lines);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    writeFileSync(path, whole.subarray(0, cut));
    let end = 0;
    const kept = CHANGES.filter((_, index) => {
      end += lines[index]?.length ?? 0;
      // The newline says nothing that the checksum does not.
      return end - 1 <= cut;
    });
    const { queue, close } = await openQueue(path);
    expect([cut, titlesOf(queue)]).toEqual([cut, replay(kept)]);
    close();
    expect(readJournal(readFileSync(path, 'utf8')).damaged).toBe(0);
  }
}, 60_000);

describe('a damaged line', () => {
  const lines = CHANGES.slice(0, 3).map(encode);
  const cases: readonly (readonly [string, string])[] = [
    ['with a changed letter', (lines[1] ?? '').replace('title 2', 'title 9')],
    ['with a changed checksum', `0${(lines[1] ?? '').slice(1)}`],
    ['without its checksum', (lines[1] ?? '').slice(17)],
    ['of something else', 'garbage\n'],
    ['of zeros', `${'\0'.repeat(100)}\n`],
    ['that is whole and no change', encode({ op: 'other' } as unknown as Change)],
    ['that is whole and no JSON', `${createHash('sha256').update('x').digest('hex').slice(0, 16)} x\n`],
    ['of blanks', '   \n'],
  ];

  test.each(cases)('%s is left out, kept beside, and told; the others stay', async (_what, line) => {
    const text = `${lines[0]}${line}${lines[2]}`;
    writeFileSync(path, text);
    const { queue, warning } = await openQueue(path);
    expect(titlesOf(queue)).toEqual(['title 1 é', 'title 3 é']);
    const aside = readdirSync(directory).filter((name) => name.includes('damaged'));
    expect(aside).toHaveLength(1);
    expect(readFileSync(`${directory}/${aside[0]}`, 'utf8')).toBe(text);
    expect(warning).toBe(
      `${path}: 1 damaged lines were left out; the file as it was is ${directory}/${aside[0]}`,
    );
  });

  test('is told of once: the next start finds a file without it', async () => {
    writeFileSync(path, `garbage\n${lines[0]}`);
    (await openQueue(path)).close();
    const { queue, warning } = await openQueue(path);
    expect([titlesOf(queue), warning]).toEqual([['title 1 é'], null]);
  });
});

test('a start drops what is done with, so that the file does not grow over the years', async () => {
  writeFileSync(path, CHANGES.map(encode).join(''));
  await openQueue(path);
  expect(readFileSync(path, 'utf8')).toBe(encode({ op: 'begin', v: 1 }) + encode(add('4')));
});

test('a start that finds nothing to drop does not touch the file', async () => {
  writeFileSync(path, encode(add('4')));
  const { queue } = await openQueue(path);
  expect([titlesOf(queue), readdirSync(directory)]).toEqual([['title 4 é'], ['notifications.jsonl']]);
});

test('a queue that cannot be read is an error, and no empty queue', async () => {
  writeFileSync(`${directory}/file`, '');
  await expect(openQueue(`${directory}/file/notifications.jsonl`)).rejects.toThrow('ENOTDIR');
  await expect(openQueue(directory)).rejects.toMatchObject({
    code: 'invalid',
    message: `${directory}: expected a regular file of the daemon, found something else; move it away`,
  });
});

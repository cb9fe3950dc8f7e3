import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { lookupTurns } from '../../core/lookup-turns.ts';
import type { Powers } from '../../core/powers.ts';
import { Lines } from '../../core/supervisor/lines.ts';
import { Watches } from '../../core/watches/watches.ts';
import type { PathTarget } from '../../schemas/decision.ts';
import type { Event } from '../../schemas/wire.ts';
import { openBelow } from '../portals/support/open-handles.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SUBJECT = { spoke: 'creds', instance: 'creds#1', level: 'none' };

let home: string;
let rights: (path: string) => boolean;

beforeEach(async () => {
  home = makeTemporaryDirectory();
  await mkdir(`${home}/notes`);
  await writeFile(`${home}/notes/a.md`, 'a');
  rights = () => true;
});

/** Watches of one process, and what it is told; `next` settles with the next telling. */
function makeWatches(files: Powers['files'] = createPowers().files) {
  const powers = createPowers({ files });
  const lines = new Lines();
  const told: Event[] = [];
  const events: unknown[] = [];
  let isReading = Promise.resolve();
  let heard = () => {};
  lines.open(SUBJECT.instance, {
    send: (event) => {
      told.push(event);
      heard();
    },
    whenRead: () => isReading,
  });
  const watches = new Watches({
    powers,
    lines,
    inTurn: lookupTurns(4),
    granted: async () => ({ allows: (_list, target: PathTarget) => rights(target.real) }),
    recordEvent: (name, spoke, detail) => void events.push([name, spoke, detail]),
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => watches.close());
  const next = async (change: () => Promise<unknown>) => {
    const coming = new Promise<void>((resolve) => {
      heard = resolve;
    });
    await change();
    const already = told.length;
    // Each time that something is heard of a change, the wait for more of it is over at once.
    while (told.length === already) {
      // What is being told needs no further wait, and there may be none.
      await Promise.race([coming, powers.clock.armed()]);
      powers.clock.advance(100);
      await Promise.race([coming, new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    return told.at(-1);
  };
  const begin = (path: string, request = 1, subject = SUBJECT) => watches.begin(subject, request, path);
  const hold = () => {
    let release = () => {};
    isReading = new Promise((resolve) => {
      release = resolve;
    });
    return () => release();
  };
  return { watches, lines, told, events, next, begin, hold, powers };
}

const change = (...names: string[]) => ({ event: 'fs_change', request: 1, names });

describe('a watch of a file tells', () => {
  test('that it was written, replaced by another, removed and made again', async () => {
    const { begin, next } = makeWatches();
    await begin(`${home}/notes/a.md`);
    const told = change('a.md');
    expect(await next(() => appendFile(`${home}/notes/a.md`, 'b'))).toEqual(told);
    await writeFile(`${home}/other`, 'c');
    expect(await next(() => rename(`${home}/other`, `${home}/notes/a.md`))).toEqual(told);
    expect(await next(() => rm(`${home}/notes/a.md`))).toEqual(told);
    expect(await next(() => writeFile(`${home}/notes/a.md`, 'd'))).toEqual(told);
  });

  test('when it comes to be, also where its directories do not exist yet', async () => {
    const { begin, next } = makeWatches();
    await begin(`${home}/deep/er/file`);
    const make = async () => {
      await mkdir(`${home}/deep/er`, { recursive: true });
      await writeFile(`${home}/deep/er/file`, 'x');
    };
    expect(await next(make)).toEqual(change('file'));
  });
});

describe('a watch of a directory tells', () => {
  test('the names that changed in it, together and sorted, and nothing of directories below', async () => {
    const { begin, next } = makeWatches();
    await mkdir(`${home}/notes/sub`);
    await begin(`${home}/notes`);
    const write = async () => {
      await writeFile(`${home}/notes/sub/deep`, 'x');
      for (const name of ['c', 'b']) await writeFile(`${home}/notes/${name}`, 'x');
    };
    expect(await next(write)).toEqual(change('b', 'c'));
  });

  test('of names that the rights cover, and of no others', async () => {
    const { begin, next } = makeWatches();
    rights = (path) => !path.includes('secret');
    await begin(`${home}/notes`);
    const write = async () => {
      await writeFile(`${home}/notes/secret`, 'x');
      await writeFile(`${home}/notes/open`, 'x');
    };
    expect(await next(write)).toEqual(change('open'));
  });

  test('what is in it when it comes to be', async () => {
    const { begin, next } = makeWatches();
    rights = (path) => path.startsWith(`${home}/later`);
    await begin(`${home}/later`);
    await mkdir(`${home}/made`);
    await writeFile(`${home}/made/one`, 'x');
    const told = await next(() => rename(`${home}/made`, `${home}/later`));
    expect(told).toEqual(change('later', 'one'));
    expect(await next(() => writeFile(`${home}/later/two`, 'x'))).toEqual(change('two'));
  });

  test('nothing of what happens in it once it lies elsewhere, and of what lies there now', async () => {
    const { begin, next } = makeWatches();
    rights = (path) => path.startsWith(`${home}/notes/`) || path === `${home}/notes`;
    await begin(`${home}/notes`);
    const exchange = async () => {
      await rename(`${home}/notes`, `${home}/moved`);
      await writeFile(`${home}/moved/private`, 'x');
      await mkdir(`${home}/notes`);
      await writeFile(`${home}/notes/new`, 'x');
    };
    const { names } = (await next(exchange)) as unknown as { names: string[] };
    expect(names).toContain('new');
    expect(names).not.toContain('private');
    expect(await next(() => writeFile(`${home}/notes/newer`, 'x'))).toEqual(change('newer'));
  });

  test('nothing of a link in its place', async () => {
    const { begin, told, next } = makeWatches();
    await mkdir(`${home}/private`);
    await begin(`${home}/notes`);
    const exchange = async () => {
      await rename(`${home}/notes`, `${home}/gone`);
      await symlink(`${home}/private`, `${home}/notes`);
    };
    expect(await next(exchange)).toEqual(change('notes'));
    await writeFile(`${home}/private/file`, 'x');
    expect(await next(() => rm(`${home}/notes`).then(() => mkdir(`${home}/notes`)))).toEqual(change('notes'));
    expect(JSON.stringify(told)).not.toContain('file');
  });
});

test('more names than are told at once are told as too many', async () => {
  const { begin, next } = makeWatches();
  await begin(`${home}/notes`);
  const write = () =>
    Promise.all(Array.from({ length: 300 }, (_, count) => writeFile(`${home}/notes/${count}`, '')));
  expect(await next(write)).toEqual({ event: 'fs_change', request: 1, names: null });
});

test('a process is told nothing before it reads, and then of all that changed meanwhile', async () => {
  const { begin, hold, told, powers } = makeWatches();
  await begin(`${home}/notes`);
  const release = hold();
  for (const name of ['b', 'c']) {
    await writeFile(`${home}/notes/${name}`, 'x');
    await powers.clock.armed();
    powers.clock.advance(100);
  }
  expect(told).toEqual([]);
  const names = () => told.flatMap((event) => ('names' in event ? (event.names ?? []) : []));
  release();
  while (!names().includes('c')) {
    await new Promise((resolve) => setImmediate(resolve));
    powers.clock.advance(100);
  }
  expect(new Set(names())).toEqual(new Set(['b', 'c']));
});

describe('a watch ends', () => {
  test('with the right to it, which the process is told and which is on record', async () => {
    const { watches, begin, told, events, powers } = makeWatches();
    await begin(`${home}/notes`);
    await begin(`${home}/notes/a.md`, 2);
    rights = (path) => path.endsWith('.md');
    await watches.revoke();
    expect(told).toEqual([{ event: 'watch_ended', request: 1, code: 'denied' }]);
    expect(events).toEqual([['watch_revoked', 'creds', { path: `${home}/notes`, instance: 'creds#1' }]]);
    await writeFile(`${home}/notes/new`, 'x');
    expect(powers.clock.waits()).toEqual([]);
  });

  test('with a right that is gone without anybody having said so, before anything more is told', async () => {
    const { begin, next } = makeWatches();
    await begin(`${home}/notes`);
    const write = () => {
      rights = () => false;
      return writeFile(`${home}/notes/new`, 'x');
    };
    expect(await next(write)).toEqual({ event: 'watch_ended', request: 1, code: 'denied' });
  });

  test('with its process, by its own wish, and leaves nothing open', async () => {
    const { watches, lines, begin } = makeWatches();
    await begin(`${home}/notes`);
    await begin(`${home}/notes/a.md`, 2);
    watches.end(SUBJECT, 1);
    expect(() => watches.end(SUBJECT, 1)).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(() => watches.end({ instance: 'other#1' }, 2)).toThrow();
    lines.close(SUBJECT.instance);
    expect(() => watches.end(SUBJECT, 2)).toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    await expect.poll(() => openBelow(home)).toEqual([]);
  });
});

test('a process has at most 16, each with an id of its own', async () => {
  const { begin, watches } = makeWatches();
  for (let request = 1; request <= 16; request += 1) await begin(`${home}/notes`, request);
  await expect(begin(`${home}/notes`, 17)).rejects.toMatchObject({ code: 'quota' });
  watches.end(SUBJECT, 16);
  await expect(begin(`${home}/notes`, 3)).rejects.toMatchObject({ code: 'exists' });
  await begin(`${home}/notes`, 18);
});

test('watches of one spoke where a mount hangs hold 4 threads at most, keep no other spoke waiting, and are closed before they open', async () => {
  const { files } = createPowers();
  const mount = `${home}/mount`;
  let answer = () => {};
  const answers = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let [hanging, atMost, opened] = [0, 0, 0];
  const { begin, watches } = makeWatches({
    ...files,
    open: async (path, ...rest) => {
      if (!String(path).startsWith(mount)) return await files.open(path, ...rest);
      hanging += 1;
      opened += 1;
      atMost = Math.max(atMost, hanging);
      await answers;
      hanging -= 1;
      return await files.open(path, ...rest);
    },
  });
  await mkdir(mount);
  const begun = Array.from({ length: 16 }, (_, request) => begin(mount, request));
  await begin(`${home}/notes`, 1, { spoke: 'other', instance: 'other#1', level: 'none' });
  watches.close();
  answer();
  await Promise.all(begun);
  expect({ atMost, opened }).toEqual({ atMost: 4, opened: 4 });
  await expect.poll(() => openBelow(home)).toEqual([]);
});

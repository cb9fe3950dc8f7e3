import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EditedFile, schemaLine } from '../../schemas/schema-line.ts';
import { type Editor, startEditor } from './support/language-server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
let editor: Editor;
let opened = 0;

beforeAll(async () => {
  editor = await startEditor();
});

afterAll(() => editor.close());

/** Opens a text under the line that Axium writes into a new file. `|` in it is where somebody looks, and is taken out. */
async function open(file: EditedFile, ...lines: readonly string[]) {
  opened += 1;
  const uri = `file:///nowhere/${opened}/${file}.yaml`;
  const marked = `${schemaLine(ROOT, file)}${lines.join('\n')}\n`;
  const at = marked.indexOf('|');
  const before = marked.slice(0, at < 0 ? 0 : at).split('\n');
  const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  const problems = await editor.open(uri, marked.replace('|', ''));
  return {
    problems: problems.map(
      ({ range: { start }, message }) => `${start.line + 1}:${start.character + 1} ${message}`,
    ),
    complete: () => editor.complete(uri, position),
    hover: () => editor.hover(uri, position),
  };
}

describe('a real language server, by the line that is in new files', () => {
  test('finds nothing wrong in what the daemon takes', async () => {
    const files = await Promise.all([
      open(
        'permissions',
        '"*":',
        '  deny: {fs_read: [~/.ssh/**]}',
        'creds:',
        '  exec: [git log ...]',
        '  fs_read:',
        '    - {path: ~/a, expires: 2030-01-31T18:00:00Z, reason: x}',
      ),
      open('permissions', 'expect:', '  - {spoke: creds, action: notify, effect: deny}'),
      open('spoke', 'name: creds', 'entrypoint: main:register', 'permissions: {exec: ask}'),
      open(
        'spoke',
        'name: creds',
        'entrypoint: main:register',
        'activation: on-demand',
        "triggers: {commands: [show], events: [env_change], every: 6h, at: ['07:30']}",
        'idle: 10s',
      ),
      open('config', 'spokes: {bundled: [creds]}', 'exec: {timeout: 10m}'),
      open('policy', 'locked: [exec, sandbox.spokes]', 'ceilings: {"*": {exec: false}}'),
    ]);
    expect(files.map(({ problems }) => problems)).toEqual([[], [], [], [], [], []]);
  });

  test('offers the keys that there are, and the words that a key takes', async () => {
    const keys = await (await open('permissions', 'creds:', '  |')).complete();
    expect(keys).toEqual(expect.arrayContaining(['exec', 'notify', 'fs_read', 'fs_write', 'deny', 'ask']));
    const words = await (await open('spoke', 'name: x', 'permissions:', '  exec_profile: |')).complete();
    expect(words).toEqual(['host', 'scoped']);
    expect(await (await open('spoke', 'name: x', 'activation: |')).complete()).toEqual([
      'always',
      'on-demand',
    ]);
    const triggers = await (await open('spoke', 'name: x', 'triggers:', '  |')).complete();
    expect(triggers).toEqual(expect.arrayContaining(['commands', 'events', 'every', 'at']));
    const locked = await (await open('policy', 'locked:', '  - |')).complete();
    expect(locked).toEqual(expect.arrayContaining(['exec', 'sandbox.spokes']));
  });

  test('explains a key, with an example', async () => {
    const about = await (await open('permissions', 'creds:', '  fs_|read: []')).hover();
    expect(about).toContain('Files the daemon may read for the spoke');
    expect(about).toContain('~/.aws/config');
  });

  test('puts what is wrong where it is', async () => {
    const { problems } = await open('permissions', 'creds:', '  notify: no', '  fs_reed: []');
    // The first line is the one that names the schema.
    expect(problems).toEqual([
      expect.stringMatching(/^3:11 .*boolean/),
      expect.stringMatching(/^4:3 .*fs_reed/),
    ]);
    const level = await open('config', 'sandbox:', '  require: kernal');
    expect(level.problems).toEqual([expect.stringMatching(/^3:12 .*kernel/)]);
  });
});

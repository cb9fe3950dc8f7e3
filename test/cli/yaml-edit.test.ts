import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { YamlEdit } from '../../cli/yaml-change.ts';
import { editData } from '../../cli/yaml-data.ts';
import { editYaml } from '../../cli/yaml-edit.ts';
import { commentsIn } from '../../cli/yaml-source.ts';
import { yamlFile } from './support/arbitrary-file.ts';

const add = (path: string, item: string | Record<string, string>): YamlEdit => ({
  do: 'add',
  path: path.split(' '),
  item,
});

const FILE = `# mine
creds:   # the first
   exec: false
   fs_read:
      - ~/a   # why a
      # about b
      - ~/b
# between
aws: {fs_read: [~/c, ~/d]} # flow
`;

describe('one entry more changes one line', () => {
  it.each([
    ['in a list of lines', add('creds fs_read', '~/n'), '      - ~/b\n', '      - ~/b\n      - ~/n\n'],
    ['in a list in brackets', add('aws fs_read', '~/n'), '~/d]', '~/d, ~/n]'],
    [
      'with its terms',
      add('creds fs_read', { path: '~/n', expires: '2030-01-01T00:00:00Z' }),
      '      - ~/b\n',
      "      - ~/b\n      - {path: ~/n, expires: '2030-01-01T00:00:00Z'}\n",
    ],
  ])('%s', (_where, edit, before, after) => {
    expect(editYaml(FILE, [edit])).toBe(FILE.replace(before, after));
  });

  it('in a list of lines without a last newline, which there still is not', () => {
    expect(editYaml('a:\n  fs_read:\n  - ~/x', [add('a fs_read', '~/y')])).toBe(
      'a:\n  fs_read:\n  - ~/x\n  - ~/y',
    );
  });

  it('with the ends of lines of the file', () => {
    expect(editYaml('a:\r\n  fs_read:\r\n    - ~/x\r\n', [add('a fs_read', '~/y')])).toBe(
      'a:\r\n  fs_read:\r\n    - ~/x\r\n    - ~/y\r\n',
    );
  });

  it('in brackets over several lines, between the comments there', () => {
    const text = 'a:\n  fs_read: [\n    ~/x, # one\n    ~/y  # two\n  ]\n';
    expect(editYaml(text, [add('a fs_read', '~/z')])).toBe(text.replace('~/y  #', '~/y, ~/z  #'));
  });
});

describe('what is not there yet', () => {
  it('a list goes behind the last key of its section, indented as the file is', () => {
    expect(editYaml(FILE, [add('creds fs_write', '~/n')])).toBe(
      FILE.replace('      - ~/b\n', '      - ~/b\n   fs_write:\n      - ~/n\n'),
    );
  });

  it('a section goes to the end', () => {
    expect(editYaml(FILE, [add('new deny fs_read', '~/n')])).toBe(
      `${FILE}new:\n   deny:\n      fs_read:\n         - ~/n\n`,
    );
    expect(editYaml('# only a comment', [add('new fs_read', '~/n')])).toBe(
      '# only a comment\nnew:\n  fs_read:\n    - ~/n',
    );
    expect(editYaml('', [add('new fs_read', '~/n')])).toBe('new:\n  fs_read:\n    - ~/n\n');
    expect(editYaml('---\na: {exec: true}\n...\n', [add('b fs_read', '~/n')])).toBe(
      '---\na: {exec: true}\nb:\n  fs_read:\n    - ~/n\n...\n',
    );
    expect(editYaml('{}\n', [add('b fs_read', '~/n')])).toBe('{b: {fs_read: [~/n]}}\n');
  });
});

describe('what is removed', () => {
  it('takes its line along, and leaves the comment that stood on it', () => {
    expect(editYaml(FILE, [{ do: 'remove', path: ['creds', 'fs_read', 0] }])).toBe(
      FILE.replace('      - ~/a   # why a\n', '      # why a\n'),
    );
  });

  it('takes along what is empty then', () => {
    expect(
      editYaml('a:\n  deny:\n    exec: [x]\nb: {exec: true}\n', [
        { do: 'remove', path: ['a', 'deny', 'exec', 0] },
      ]),
    ).toBe('b: {exec: true}\n');
  });

  it('in brackets takes one comma along', () => {
    const of = (index: number) =>
      editYaml('a: {fs_read: [~/x, ~/y, ~/z]}', [{ do: 'remove', path: ['a', 'fs_read', index] }]);
    expect([of(0), of(1), of(2)]).toEqual([
      'a: {fs_read: [~/y, ~/z]}',
      'a: {fs_read: [~/x, ~/z]}',
      'a: {fs_read: [~/x, ~/y]}',
    ]);
  });
});

describe('a value in the place of another', () => {
  const set = (value: boolean | readonly string[]): YamlEdit => ({
    do: 'set',
    path: ['creds', 'exec'],
    value,
  });
  it('a switch on its own line, whose comment stays', () => {
    expect(editYaml('creds:\n  exec: false # no\n', [set(true)])).toBe('creds:\n  exec: true # no\n');
  });

  it('a switch for a list of lines, whose comments stay', () => {
    expect(
      editYaml('creds:\n  exec: # these\n    - a # one\n    # two\n    - b\n  net: true\n', [set(false)]),
    ).toBe('creds:\n  exec: false # these\n    # one\n    # two\n  net: true\n');
  });

  it('a list for a switch', () => {
    expect(editYaml('creds: {exec: false}', [set(['git log ...'])])).toBe('creds: {exec: [git log ...]}');
  });
});

const key = fc.constantFrom('creds', 'aws', '*', 'new');
const listPath = fc.oneof(
  fc.tuple(key, fc.constantFrom('fs_read', 'fs_write')),
  fc.tuple(key, fc.constantFrom('deny', 'ask'), fc.constantFrom('fs_read', 'fs_write')),
);
const item = fc.oneof(
  fc.constantFrom(
    '~/n',
    "~/it's",
    '~/a b',
    '~/x\\*',
    '~',
    'true',
    '- x',
    '#x',
    'a: b',
    '~/{a,b}',
    'git log ...',
    '*',
  ),
  fc.record({ path: fc.constantFrom('~/n', '~/é'), reason: fc.constantFrom('why', 'a "b": c', 'x # y') }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), path: listPath, item }),
  fc.record({
    do: fc.constant('set' as const),
    path: fc.tuple(key, fc.constantFrom('exec', 'notify', 'fs_read')),
    value: fc.oneof(fc.boolean(), fc.array(fc.constantFrom('git', 'aws'), { minLength: 1, maxLength: 2 })),
  }),
  fc.record({ do: fc.constant('remove' as const), path: listPath, pick: fc.nat() }),
);

/** The edit, if the data has what it is about. */
function editFor(
  data: Record<string, unknown>,
  one: { do: 'add' | 'set' | 'remove'; path: readonly string[]; pick?: number },
): YamlEdit | null {
  const at = one.path.reduce<unknown>((inner, part) => Reflect.get(Object(inner ?? {}), part), data);
  if (one.do === 'remove') {
    if (!Array.isArray(at) || at.length === 0) return null;
    return { do: 'remove', path: [...one.path, (one.pick ?? 0) % at.length] };
  }
  if (one.do === 'add' && at !== undefined && !Array.isArray(at)) return null;
  return one as YamlEdit;
}

it('any changes leave a file that says just what was asked, with every comment, and every other line as it was', () => {
  fc.assert(
    fc.property(yamlFile, fc.array(step, { maxLength: 6 }), (text, steps) => {
      let now = text;
      for (const one of steps) {
        const data = (parse(now) ?? {}) as Record<string, unknown>;
        const edit = editFor(data, one);
        if (edit === null) continue;
        const after = editYaml(now, [edit]);
        expect(parse(after) ?? {}).toEqual(editData(data, edit));
        const left = commentsIn(after).map((kept) => kept.text);
        for (const { text: was } of commentsIn(now)) {
          expect(left).toContain(was);
          left.splice(left.indexOf(was), 1);
        }
        if (edit.do === 'add') expect(changedLines(now, after)).toBeLessThanOrEqual(1);
        now = after;
      }
    }),
    { numRuns: 150 },
  );
});

/** How many lines of a text are neither of its beginning nor of its end that the other one shares. */
function changedLines(before: string, after: string): number {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return old.length - start - end;
}

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { execOf, readOf, writeAudit } from './support/audit-file.ts';
import { axium, type World } from './support/cli.ts';
import { atTerminal, NO_TERMINAL } from './support/terminal.ts';
import { fileOf, tunedWorld } from './support/tuned-world.ts';

const ago = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

async function deniedWorld(): Promise<World> {
  const world = await tunedWorld();
  await writeAudit(world, [
    readOf(world, 'old.md', ago(24 * 8)),
    execOf(['/usr/bin/git', 'log', '-3'], ago(3)),
    readOf(world, 'notes/todo.md', ago(2)),
    readOf(world, 'notes/a.txt', ago(1)),
    { time: ago(1), command: 'facts', action: 'facts' },
  ]);
  return world;
}

test('perms review lists, without a terminal, what was denied lately and is not allowed by now, with what to do about it', async () => {
  const world = await deniedWorld();
  const { code, stdout } = await axium(world, 'perms', 'review');
  const listed = JSON.parse(stdout) as {
    action: string;
    fixes: { command: string }[];
    keep: { command: string };
  }[];
  expect({
    code,
    listed: listed.map(({ fixes, keep }) => [...fixes, keep].map(({ command }) => command)),
  }).toEqual({
    code: 0,
    listed: [
      ['axium perms allow weather facts', 'axium perms deny weather facts'],
      [
        "axium perms allow weather fs_read '~/notes/todo.md'",
        "axium perms allow weather fs_read '~/notes/*.md' --for 1h",
        "axium perms deny weather fs_read '~/notes/todo.md'",
      ],
      [
        "axium perms allow weather exec 'git log -3'",
        "axium perms allow weather exec 'git log ...' --for 1h",
        "axium perms deny weather exec 'git log -3'",
      ],
    ],
  });
  const more = await axium(world, 'perms', 'review', 'weather', '--since', '30d', '--json');
  expect((JSON.parse(more.stdout) as unknown[]).length).toBe(4);
  expect(JSON.parse((await axium(world, 'perms', 'review', 'other')).stdout)).toEqual([]);
});

test.skipIf(NO_TERMINAL)('at a terminal each is asked about, and what is answered is done', async () => {
  const world = await deniedWorld();
  const shown = await atTerminal(world, ['d', '2', 's'], 'perms', 'review');
  expect(shown.match(/\? /g)).toHaveLength(3);
  expect(shown).toContain('(1) the first, (2) the second, (d)eny, (s)kip, (q)uit? ');
  expect(await readFile(fileOf(world), 'utf8')).toMatch(
    /^weather:\n {2}facts: false\n {2}fs_read:\n {4}- \{path: ~\/notes\/\*\.md, expires: '[^']+'\}\n$/,
  );
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { apiReference, declarationsIn } from '../../packaging/api-reference.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = readFileSync(`${ROOT}spokes/runtime/api.mts`, 'utf8');

/** What has calls, each of which needs more words than a field does. */
const CALLS = ['Axium', 'Files', 'Storage', 'PermissionsOf', 'Events'];
/** These are groups of calls, and what is said stands at each call. */
const GROUPS = ['.fs', '.storage', '.permissions'];

it('docs/api.md is as it is made from the types; else run: npm run reference', () => {
  expect(readFileSync(`${ROOT}docs/api.md`, 'utf8')).toBe(apiReference(TYPES));
});

it('every call says what it needs, and has an example', () => {
  const calls = declarationsIn(TYPES)
    .filter(({ name }) => CALLS.includes(name))
    .flatMap(({ name, members }) =>
      members
        .filter((member) => name !== 'Axium' || !GROUPS.includes(member.name))
        .map((member) => ({ ...member, name: `${name}${member.name}` })),
    );
  const lacking = calls.filter(
    ({ about, examples }) =>
      !/Needs|No\s+permission|of the command needs/.test(about) || examples.length === 0,
  );
  expect(lacking.map(({ name }) => name)).toEqual([]);
  expect(calls.length).toBeGreaterThan(20);
});

it('every type and every field that is not told by its name alone is described', () => {
  const bare = declarationsIn(TYPES).filter(({ about, members, name }) => {
    const isTold = about !== '' || members.some((member) => member.about !== '');
    return !isTold && !['EventName', 'Files'].includes(name);
  });
  expect(bare.map(({ name }) => name)).toEqual([]);
});

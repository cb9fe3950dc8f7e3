import { describe, expect, it } from 'vitest';
import { compileLayer, MAX_PATTERNS } from '../../core/policy/layer.ts';
import { HOME } from '../support/rights.ts';

const origin = { file: 'spoke.yaml', line: 1, column: 1 };

function compile(fs_read: readonly string[]) {
  return compileLayer({
    block: { fs_read: [...fs_read] },
    source: 'base',
    locate: () => origin,
    expansion: { home: HOME },
  });
}

describe('a file may name 10,000 patterns for a spoke, braces expanded', () => {
  const entries = (n: number) => Array.from({ length: n }, (_, index) => `/srv/{1..100}/${index}`);

  it('10,000 are taken', () => {
    expect(MAX_PATTERNS).toBe(10_000);
    expect(compile(entries(100)).problems).toEqual([]);
  });

  it('one more is refused', () => {
    expect(compile([...entries(100), '/srv/x']).problems).toEqual([
      { origin, message: expect.stringContaining('expected at most 10000 patterns') },
    ]);
  });

  it('and denials count as well', () => {
    const { problems } = compileLayer({
      block: { fs_read: entries(50), deny: { fs_write: entries(50) }, ask: { fs_read: ['/srv/x'] } },
      source: 'override',
      locate: () => origin,
      expansion: { home: HOME, env: {} },
    });
    expect(problems).toHaveLength(1);
  });
});

it('every entry that is wrong is told of at its own place, and what is right is compiled', () => {
  const at = (path: readonly (string | number)[]) => ({ file: path.join('.'), line: 1, column: 1 });
  const { layer, problems } = compileLayer({
    block: { exec: ['*', 'aws'], fs_read: ['/srv/a', 'x'], deny: { fs_write: ['y'], exec: ['./z'] } },
    source: 'override',
    locate: at,
    expansion: { home: HOME, env: {} },
  });
  expect(problems.map((problem) => problem.origin.file)).toEqual([
    'exec.0',
    'fs_read.1',
    'deny.fs_write.0',
    'deny.exec.0',
  ]);
  expect(layer.paths.fs_read.map(({ rule }) => rule.pattern)).toEqual(['/srv/a']);
});

it('only what a file says is in its layer', () => {
  expect(
    compileLayer({ block: {}, source: 'base', locate: () => origin, expansion: { home: HOME } }).layer,
  ).toEqual({
    switches: {},
    paths: { fs_read: [], fs_write: [] },
    commands: [],
    privileged: { grants: [], restrictions: [] },
  });
});

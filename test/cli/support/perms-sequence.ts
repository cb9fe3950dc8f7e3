import { readFile, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { commentsIn } from '../../../cli/yaml-source.ts';
import { axium, type World } from './cli.ts';
import { fileOf } from './tuned-world.ts';

/** One command of a row, as it would be typed; `undo` takes back the one before. */
export type Typed = readonly string[];

const pattern = fc.constantFrom('~/notes/a', '~/notes/*.md', '~/b/**', '/srv/{a,b}');
export const typed: fc.Arbitrary<Typed> = fc.oneof(
  fc
    .tuple(fc.constantFrom('allow', 'deny', 'ask'), fc.constantFrom('fs_read', 'fs_write'), pattern)
    .map(([verb, action, path]) => [verb, 'weather', action, path]),
  fc
    .tuple(fc.constantFrom('allow', 'deny'), fc.constantFrom('git log ...', 'aws'))
    .map(([verb, command]) => [verb, 'weather', 'exec', command]),
  fc
    .tuple(fc.constantFrom('allow', 'deny'), fc.constantFrom('notify', 'facts'))
    .map(([verb, action]) => [verb, 'weather', action]),
  fc.constant(['undo']),
  fc.constant(['reset', 'weather', 'fs_read']),
);

/** The rights of the spoke as `perms show --json` has them, each as one line. */
async function rightsOf(world: World): Promise<ReadonlySet<string>> {
  const { stdout } = await axium(world, 'perms', 'show', 'weather', '--json');
  const { effective } = JSON.parse(stdout) as { effective: Record<string, unknown> };
  const { exec, fs_read, fs_write, restrictions } = effective as {
    exec: { value: unknown; commands: { pattern: string }[] };
    fs_read: { pattern: string }[];
    fs_write: { pattern: string }[];
    restrictions: { effect: string; action: string; pattern: string }[];
  };
  const switches = ['notify', 'net', 'facts'].filter((name) => (effective[name] as { value: boolean }).value);
  return new Set([
    ...switches.map((name) => `${name}: true`),
    ...(exec.value === true ? ['exec: true'] : []),
    ...exec.commands.map((one) => `exec: ${one.pattern}`),
    ...fs_read.map((one) => `fs_read: ${one.pattern}`),
    ...fs_write.map((one) => `fs_write: ${one.pattern}`),
    ...restrictions.map((one) => `${one.effect} ${one.action}: ${one.pattern}`),
  ]);
}

/**
 * Runs a row of commands on a file and holds each to what it promises: the file parses and has every comment, the rights
 * changed by just what was printed, and an undo gives back the bytes.
 */
export async function runSequence(world: World, text: string, row: readonly Typed[]): Promise<void> {
  await rm(`${world.axium}/state/permissions.history.json`, { force: true });
  await writeFile(fileOf(world), text);
  const versions = [text];
  let rights = await rightsOf(world);
  for (const words of row) {
    const before = versions.at(-1) ?? '';
    const { code, stdout } = await axium(world, 'perms', ...words);
    const after = await readFile(fileOf(world), 'utf8');
    if (words[0] === 'undo') {
      expect(code).toBe(versions.length > 1 ? 0 : 1);
      if (versions.length > 1) versions.pop();
      expect(after).toBe(versions.at(-1));
    } else {
      expect({ words, code }).toEqual({ words, code: 0 });
      if (after !== before) versions.push(after);
      expect(() => parse(after)).not.toThrow();
      const left = commentsIn(after).map((comment) => comment.text);
      for (const { text: was } of commentsIn(before)) expect(left).toContain(was);
    }
    const now = await rightsOf(world);
    const printed = (mark: string) =>
      new Set(
        stdout
          .split('\n')
          .filter((line) => line.startsWith(`  ${mark} `) && / \((?:base|override), /.test(line))
          .map((line) => line.slice(4).replace(/ \([^()]*\)$/, '')),
      );
    expect(printed('+')).toEqual(new Set([...now].filter((right) => !rights.has(right))));
    expect(printed('-')).toEqual(new Set([...rights].filter((right) => !now.has(right))));
    rights = now;
  }
}

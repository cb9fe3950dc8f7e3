import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decideStrictest, type Query } from '../../core/policy/decide.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { EFFECTS } from '../../schemas/decision.ts';
import { overridesIn, watchOverrides } from '../support/overrides-file.ts';
import { askExec, askPath, askPlain } from '../support/queries.ts';
import { compileManifest, compileOverrides, manifestText, rightsUnder } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SPOKE = compileManifest(
  manifestText('exec: true\nnotify: true\nfs_read: [/srv/**]\nfs_write: [/srv/out/*]'),
);

const QUESTIONS: readonly Query[] = [
  askPlain('notify'),
  askPlain('net'),
  askExec(['/usr/bin/aws', 'sso', 'login']),
  askExec(['/usr/bin/git', 'push']),
  ...['/srv/a', '/srv/secret/key', '/home/ada/.aws/config', '/opt/x'].map((path) => askPath('fs_read', path)),
  ...['/srv/out/x', '/srv/out/y', '/opt/x'].map((path) => askPath('fs_write', path)),
];

const OLD = `creds:
  exec: false
  deny:
    fs_read: [/srv/secret/**]
    fs_write: [/srv/out/x]
`;
const NEW = `"*":
  net: true
creds:
  exec: ask
  notify: false
  fs_read: [~/.aws/config, /opt/x]
  deny:
    fs_read: [/srv/secret/key, /srv/a]
    exec: [git push]
  ask:
    fs_write: [/srv/out/y]
`;

/** How strict each answer is: 0 allows, 1 asks, 2 denies. */
const strictness = (policies: readonly Policy[]) =>
  QUESTIONS.map((question) => EFFECTS.indexOf(decideStrictest(policies, question).effect));

const strictnessUnder = (text: string) =>
  strictness(rightsUnder(SPOKE, { inForce: compileOverrides(text), pending: null, problems: [] }).policies);

/** The questions that are answered more widely than under both the old text and the new one. */
function widened(now: readonly number[], before: string, after: string) {
  const [old, fresh] = [strictnessUnder(before), strictnessUnder(after)];
  return QUESTIONS.filter((_, i) => (now[i] ?? 0) < Math.min(old[i] ?? 0, fresh[i] ?? 0));
}

describe.each([
  ['that takes away and gives', OLD, NEW],
  ['the other way round', NEW, OLD],
])('while permissions.yaml is being written byte by byte, a save %s', (_, before, after) => {
  it('no decision is wider than under both the old and the new text', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), before);
    const watched = watchOverrides(directory);
    await watched.settle();
    for (let bytes = 0; bytes < after.length; bytes += 1) {
      writeFileSync(overridesIn(directory), after.slice(0, bytes));
      await watched.look();
      expect(widened(strictness(watched.policiesOf(SPOKE)), before, after)).toEqual([]);
    }
    writeFileSync(overridesIn(directory), after);
    await watched.settle();
    expect(strictness(watched.policiesOf(SPOKE))).toEqual(strictnessUnder(after));
  });

  it('and the same across a start of the daemon at every byte', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), before);
    await watchOverrides(directory).settle();
    for (let bytes = 0; bytes < after.length; bytes += 1) {
      writeFileSync(overridesIn(directory), after.slice(0, bytes));
      const watched = watchOverrides(directory);
      await watched.look();
      expect(widened(strictness(watched.policiesOf(SPOKE)), before, after)).toEqual([]);
    }
  });

  it('a prefix that is wider than both is among them, or this would prove nothing', () => {
    const prefixes = Array.from({ length: after.length }, (_, bytes) => after.slice(0, bytes));
    const wider = prefixes.filter((text) => {
      try {
        return widened(strictnessUnder(text), before, after).length > 0;
      } catch {
        return false;
      }
    });
    expect(wider).not.toEqual([]);
  });
});

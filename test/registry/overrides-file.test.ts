import { renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decideStrictest } from '../../core/policy/decide.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { lastGoodIn, overridesIn, type WatchedOverrides, watchOverrides } from '../support/overrides-file.ts';
import { createPowers } from '../support/powers.ts';
import { askExec, askPath, askPlain } from '../support/queries.ts';
import { compileManifest, manifestText } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const SPOKE = compileManifest(manifestText('exec: true\nnotify: true\nfs_read: [/srv/base]'));
const WIDE = 'creds:\n  exec: true\n  fs_read: [/srv/extra]\n';
const NARROW = 'creds:\n  exec: false\n';

/** What a spoke may do at this moment: exec, notify, its own path and the one that only an override gives. */
function allowed({ policiesOf }: WatchedOverrides): string {
  const questions = {
    exec: askExec(['/usr/bin/aws']),
    notify: askPlain('notify'),
    base: askPath('fs_read', '/srv/base'),
    extra: askPath('fs_read', '/srv/extra'),
  };
  const names = Object.entries(questions)
    .filter(([, question]) => decideStrictest(policiesOf(SPOKE), question).effect === 'allow')
    .map(([name]) => name);
  return names.join(' ') || 'nothing';
}

/** A directory in which a permissions.yaml has been read and taken. */
async function withInForce(text: string) {
  const directory = makeTemporaryDirectory();
  writeFileSync(overridesIn(directory), text);
  const watched = watchOverrides(directory);
  await watched.settle();
  return { directory, file: overridesIn(directory), watched };
}

describe('where no permissions.yaml has ever been', () => {
  it('the manifest counts, at once', async () => {
    const watched = watchOverrides(makeTemporaryDirectory());
    expect(await watched.settle()).toEqual([]);
    expect(allowed(watched)).toBe('exec notify base');
    expect(watched.overrides.state.problems).toEqual([]);
  });

  it('the first one counts in full once it has been the same twice, 150 ms apart', async () => {
    const directory = makeTemporaryDirectory();
    const watched = watchOverrides(directory);
    await watched.settle();
    writeFileSync(overridesIn(directory), WIDE);
    expect(await watched.look()).toBe(150);
    expect(allowed(watched)).toBe('exec notify base');
    expect(await watched.look()).toBeNull();
    expect(allowed(watched)).toBe('exec notify base extra');
  });
});

describe('a daemon that starts', () => {
  it('allows nothing until its first permissions.yaml is confirmed', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), WIDE);
    const watched = watchOverrides(directory);
    expect(await watched.look()).toBe(150);
    expect(allowed(watched)).toBe('nothing');
    expect(await watched.look()).toBeNull();
    expect(allowed(watched)).toBe('exec notify base extra');
  });

  it('goes on at once with what was in force before', async () => {
    const { directory } = await withInForce(WIDE);
    const watched = watchOverrides(directory);
    expect(await watched.settle()).toEqual([]);
    expect(allowed(watched)).toBe('exec notify base extra');
  });

  it('takes a removal that was made meanwhile at once, and an addition only when it is confirmed', async () => {
    const narrowed = await withInForce(WIDE);
    writeFileSync(narrowed.file, NARROW);
    const after = watchOverrides(narrowed.directory);
    await after.look();
    expect(allowed(after)).toBe('notify base');

    const widened = await withInForce(NARROW);
    writeFileSync(widened.file, WIDE);
    const later = watchOverrides(widened.directory);
    await later.look();
    expect(allowed(later)).toBe('notify base');
    await later.look();
    expect(allowed(later)).toBe('exec notify base extra');
  });
});

describe('a permissions.yaml that cannot be taken', () => {
  const bad: Record<string, (file: string) => void> = {
    'is not YAML': (file) => writeFileSync(file, 'creds: [\n'),
    'has an unknown key': (file) => writeFileSync(file, 'creds:\n  exce: true\n'),
    'names something relative': (file) => writeFileSync(file, 'creds:\n  fs_read: [x]\n'),
    'is not UTF-8': (file) => writeFileSync(file, Buffer.from(`${WIDE}# \xff`, 'latin1')),
    'is too large': (file) => writeFileSync(file, '#'.repeat(1_048_577)),
    'is a directory': (file) => {
      rmSync(file);
      symlinkSync('.', file);
    },
    'is a link to nothing': (file) => {
      rmSync(file);
      symlinkSync('nowhere', file);
    },
    'is a link to itself': (file) => {
      rmSync(file);
      symlinkSync('permissions.yaml', file);
    },
  };

  it.each(Object.entries(bad))('leaves the last good one in force where it %s', async (_, spoil) => {
    const { file, watched } = await withInForce(NARROW);
    spoil(file);
    expect(await watched.settle()).toEqual([]);
    expect(allowed(watched)).toBe('notify base');
    const [problem] = watched.overrides.state.problems.map(formatProblem);
    expect(problem?.startsWith(file)).toBe(true);
  });

  it.each(Object.entries(bad))('leaves it in force across a restart, too, where it %s', async (_, spoil) => {
    const { directory, file } = await withInForce(NARROW);
    spoil(file);
    const watched = watchOverrides(directory);
    expect(await watched.settle()).toEqual([]);
    expect(allowed(watched)).toBe('notify base');
    expect(watched.overrides.state.problems).not.toEqual([]);
  });

  it.each(Object.entries(bad))(
    'allows nothing beyond the HUD where there is no last good one and it %s',
    async (_, spoil) => {
      const directory = makeTemporaryDirectory();
      writeFileSync(overridesIn(directory), WIDE);
      spoil(overridesIn(directory));
      const watched = watchOverrides(directory);
      await watched.settle();
      expect(allowed(watched)).toBe('nothing');
      expect(watched.policiesOf(SPOKE).map((policy) => policy.open)).toEqual([false]);
      expect(decideStrictest(watched.policiesOf(SPOKE), askPlain('hud')).effect).toBe('allow');
    },
  );

  it('for its size is one of more than 1 MiB, and none of exactly that', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE.padEnd(1_048_576, '#'));
    await watched.settle();
    expect(allowed(watched)).toBe('exec notify base extra');
  });

  it('is named with line and column', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, 'creds:\n  exec: true\n  exce: true\n');
    await watched.settle();
    expect(watched.overrides.state.problems.map(({ origin }) => [origin.line, origin.column])).toEqual([
      [3, 3],
    ]);
  });

  it('is told of no longer once it is mended', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, 'creds: [\n');
    await watched.settle();
    writeFileSync(file, NARROW);
    expect(await watched.settle()).toEqual([]);
    expect(watched.overrides.state.problems).toEqual([]);
  });

  it('gives nothing back that a version before it had taken away', async () => {
    const { file, watched } = await withInForce(WIDE);
    writeFileSync(file, NARROW);
    await watched.look();
    expect(allowed(watched)).toBe('notify base');
    writeFileSync(file, 'creds: [\n');
    await watched.settle();
    expect(allowed(watched)).toBe('notify base');
  });

  it('does not open everything when it is removed, before that is confirmed', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), 'creds: [\n');
    const watched = watchOverrides(directory);
    await watched.settle();
    rmSync(overridesIn(directory));
    expect(await watched.look()).not.toBeNull();
    expect(allowed(watched)).toBe('nothing');
    await watched.settle();
    expect(allowed(watched)).toBe('exec notify base');
  });
});

describe('a new version', () => {
  it('that only takes away counts at once, and with the rule that took it', async () => {
    const { file, watched } = await withInForce(WIDE);
    writeFileSync(file, NARROW);
    expect(await watched.look()).toBe(150);
    const decision = decideStrictest(watched.policiesOf(SPOKE), askExec(['/usr/bin/aws']));
    expect(decision).toMatchObject({ effect: 'deny', viaOverride: true, rule: { pattern: 'false' } });
  });

  it('that takes some and gives some counts for what it takes at once, for what it gives when confirmed', async () => {
    const { file, watched } = await withInForce('creds:\n  notify: true\n');
    writeFileSync(file, 'creds:\n  notify: false\n  fs_read: [/srv/extra]\n');
    await watched.look();
    expect(allowed(watched)).toBe('exec base');
    await watched.look();
    expect(allowed(watched)).toBe('exec base extra');
  });

  it('that changes again between the two looks has to wait anew', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE);
    await watched.look();
    writeFileSync(file, `${WIDE}  notify: false\n`);
    expect(await watched.look()).toBe(150);
    expect(allowed(watched)).toBe('base');
    expect(await watched.look()).toBeNull();
    expect(allowed(watched)).toBe('exec base extra');
  });

  it('that is written once more with the same text has to wait anew', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE);
    await watched.look();
    utimesSync(file, new Date(1), new Date(2));
    expect(await watched.look()).toBe(150);
    expect(allowed(watched)).toBe('notify base');
    expect(await watched.look()).toBeNull();
  });

  it('that is exchanged for another file with the same text and time has to wait anew', async () => {
    const { file, watched } = await withInForce(NARROW);
    const time = new Date('2030-01-01T00:00:00Z');
    for (const name of [file, `${file}.new`]) {
      writeFileSync(name, WIDE);
      utimesSync(name, time, time);
    }
    await watched.look();
    renameSync(`${file}.new`, file);
    expect(await watched.look()).toBe(150);
    expect(allowed(watched)).toBe('notify base');
  });

  it('that is taken back before it is confirmed leaves no trace', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE);
    await watched.look();
    writeFileSync(file, NARROW);
    expect(await watched.look()).toBeNull();
    expect(allowed(watched)).toBe('notify base');
  });

  it('is told of with what was before it', async () => {
    const { file, watched } = await withInForce(NARROW);
    const before = watched.told.length;
    writeFileSync(file, WIDE);
    await watched.settle();
    const texts = watched.told
      .slice(before)
      .map(({ inForce, pending }) => [inForce?.text, pending?.text ?? null]);
    expect(texts).toEqual([
      [NARROW, WIDE],
      [WIDE, null],
    ]);
  });
});

describe('a file without a word', () => {
  it.each([
    ['is emptied', (file: string) => writeFileSync(file, '')],
    ['is left with a comment', (file: string) => writeFileSync(file, '# creds:\n#   exec: false\n')],
    ['is removed', (file: string) => rmSync(file)],
  ])('may be half of a save: where it %s it has to stay so for a second', async (_, empty) => {
    const { file, watched } = await withInForce(NARROW);
    empty(file);
    expect(await watched.look()).toBe(1000);
    expect(allowed(watched)).toBe('notify base');
    expect(await watched.look()).toBeNull();
    expect(allowed(watched)).toBe('exec notify base');
  });

  it('takes away at once what only it had given', async () => {
    const { file, watched } = await withInForce(WIDE);
    writeFileSync(file, '');
    await watched.look();
    expect(allowed(watched)).toBe('exec notify base');
  });

  it('is remembered as such across a restart', async () => {
    const { directory, file, watched } = await withInForce(NARROW);
    rmSync(file);
    await watched.settle();
    writeFileSync(file, 'creds: [\n');
    const after = watchOverrides(directory);
    await after.settle();
    expect(allowed(after)).toBe('exec notify base');
  });
});

describe('readings', () => {
  it('that are asked for while one is under way are that one', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE);
    const before = watched.told.length;
    const both = [watched.overrides.refresh(), watched.overrides.refresh()];
    expect(both[0]).toBe(both[1]);
    while (watched.overrides.state.pending || watched.told.length === before) {
      await watched.clock.armed();
      watched.clock.advance(150);
      await Promise.race([watched.clock.armed(), ...both]);
    }
    await Promise.all(both);
    expect(allowed(watched)).toBe('exec notify base extra');
  });

  it('never end with a version that was left hanging, however often it changed before', async () => {
    const { file, watched } = await withInForce(NARROW);
    writeFileSync(file, WIDE);
    let changes = 0;
    for (let wait = await watched.look(); wait !== null; wait = await watched.look()) {
      changes += 1;
      if (changes > 25) continue;
      writeFileSync(file, `${WIDE}# ${changes}\n`);
      void watched.overrides.refresh();
    }
    expect(watched.overrides.state.pending).toBeNull();
    expect(allowed(watched)).toBe('exec notify base extra');
  });

  it('follow a link, as a dotfile manager makes one', async () => {
    const directory = makeTemporaryDirectory();
    const elsewhere = join(makeTemporaryDirectory(), 'mine.yaml');
    writeFileSync(elsewhere, NARROW);
    symlinkSync(elsewhere, overridesIn(directory));
    const watched = watchOverrides(directory);
    await watched.settle();
    expect(allowed(watched)).toBe('notify base');
  });

  it('never count what could not be kept for the next start', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), WIDE);
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const watched = watchOverrides(directory, { replaceFile: () => Promise.reject(full) });
    await watched.settle();
    expect(allowed(watched)).toBe('nothing');
    expect(watched.warnings).toEqual([expect.stringContaining('(ENOSPC), so it adds nothing yet')]);
  });
});

it('what is kept for the next start is for its owner alone', async () => {
  const { directory } = await withInForce(NARROW);
  expect(statSync(lastGoodIn(directory)).mode & 0o777).toBe(0o600);
  expect(createPowers().uid).toBe(statSync(lastGoodIn(directory)).uid);
});

describe('a look that failed for a reason that can pass', () => {
  /** The file access of a process that is out of descriptors until it is told otherwise. */
  function withoutDescriptors() {
    const powers = createPowers();
    const state = { isOut: true };
    const open = ((...args: Parameters<typeof powers.files.open>) =>
      state.isOut && String(args[0]).endsWith('permissions.yaml')
        ? Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }))
        : powers.files.open(...args)) as typeof powers.files.open;
    return { state, files: { ...powers.files, open } as typeof powers.files };
  }

  it('is made again by itself after a second, so that a removal waits for no other save', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), 'creds:\n  exec: false\n');
    const { files, state } = withoutDescriptors();
    const watched = watchOverrides(directory, { files });
    await watched.overrides.start();
    expect(watched.overrides.state.problems.map(formatProblem)).toEqual([
      expect.stringContaining('(EMFILE)'),
    ]);
    expect(watched.clock.waits()).toEqual([1000]);
    state.isOut = false;
    watched.clock.advance(1000);
    const armed = await watched.clock.armed();
    watched.clock.advance(armed);
    while (watched.overrides.state.inForce === null) await new Promise((resolve) => setImmediate(resolve));
    expect(watched.overrides.state.problems).toEqual([]);
  });
});

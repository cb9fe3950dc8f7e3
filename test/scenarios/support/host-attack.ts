import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { containCommands } from '../../../core/contain-commands.ts';
import { Jobs } from '../../../core/jobs/jobs.ts';
import { type Places, placesFor } from '../../../schemas/places.ts';
import { createPowers } from '../../support/powers.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

const PERL = '/usr/bin/perl';

/** The numbers that attacks need and perl has no names for, on the two architectures that there are filters for. */
const CALLS = {
  x64: {
    unshare: 272,
    mount: 165,
    umount2: 166,
    pivot_root: 155,
    name_to_handle_at: 303,
    open_by_handle_at: 304,
  },
  arm64: {
    unshare: 97,
    mount: 40,
    umount2: 39,
    pivot_root: 41,
    name_to_handle_at: 264,
    open_by_handle_at: 265,
  },
} as const;

export interface HostAttack {
  /**
   * A script that sets out to write `theirs` to the file $ARGV[0], which is Axium's permissions.yaml in the home $ARGV[1].
   * It has `put($path, $text)` and `call($name, ...)` for a system call.
   */
  readonly perl: string;
  /** Whether it also gets through where commands may make namespaces of their own. */
  readonly throughNamespaces?: boolean;
  readonly needsRoot?: boolean;
}

/** Proves an attack on what Axium goes by: in a plain child, and that it fails in the profile `host`. */
export function describeHostAttack(claim: string, attack: HostAttack): void {
  describe(claim, () => {
    test('though a plain child can', async (context) => {
      const { words, file } = await aimed(context, attack);
      const { unshared, ...said } = await runPlain(words);
      if (unshared === false) context.skip('this host lets nobody make a user namespace');
      expect([said, await readFile(file, 'utf8')]).toEqual([expect.anything(), 'theirs']);
    });

    test.runIf(attack.throughNamespaces)(
      'and so can a command whose spoke may make namespaces',
      async (context) => {
        const { file, run } = await aimed(context, attack);
        const said = await run(true);
        if (said.includes('unshare refused')) context.skip('this host lets nobody make a user namespace');
        expect([said, await readFile(file, 'utf8')]).toEqual([expect.anything(), 'theirs']);
      },
    );

    test('in the profile host', async (context) => {
      const { file, run } = await aimed(context, attack);
      expect([await run(false), await readFile(file, 'utf8')]).toEqual([expect.anything(), 'mine']);
    });
  });
}

async function aimed(context: TestContext, { perl, needsRoot = false }: HostAttack) {
  if (!existsSync(PERL)) context.skip(`${PERL} is not installed`);
  if (needsRoot && process.getuid?.() !== 0) context.skip('only root can try this');
  const calls = CALLS[process.arch as keyof typeof CALLS] ?? context.skip(`no numbers for ${process.arch}`);
  const home = makeTemporaryDirectory();
  const places = placesFor({ HOME: home, XDG_RUNTIME_DIR: `${home}/run` }, home);
  for (const directory of [places.config, places.state, places.run])
    await mkdir(directory, { recursive: true });
  await writeFile(places.permissionsFile, 'mine');
  const words = [PERL, '-e', prelude(calls) + perl, places.permissionsFile, home];
  return {
    words,
    file: places.permissionsFile,
    run: (free: boolean) => runHeld(context, { places, home, words, free }),
  };
}

/** Numbers are handed on as numbers, all else as text; what fails is told. */
function prelude(calls: Readonly<Record<string, number>>): string {
  const table = Object.entries(calls).map(([name, number]) => `${name} => ${number}`);
  return `use strict;
    my %calls = (${table.join(', ')});
    sub call {
      my $name = shift;
      my $got = syscall($calls{$name}, map { /^-?\\d+\\z/ ? $_ + 0 : $_ } @_);
      print "$name refused: $!\\n" if $got < 0;
      return $got;
    }
    sub put {
      my ($path, $text) = @_;
      open(my $file, '>', $path) or return print "$path: $!\\n";
      print $file $text;
      close $file;
    }
  `;
}

async function runPlain(words: readonly string[]) {
  const [program = '', ...rest] = words;
  const stdout = await new Promise<string>((resolve) => {
    execFile(program, rest, (_error, text) => resolve(text));
  });
  return { stdout, ...(stdout.includes('unshare refused') ? { unshared: false } : {}) };
}

interface Held {
  readonly places: Places;
  readonly home: string;
  readonly words: readonly string[];
  readonly free: boolean;
}

/** Runs it as the daemon does, and tells what it printed. */
async function runHeld(context: TestContext, { places, home, words, free }: Held): Promise<string> {
  const powers = createPowers();
  const held = await containCommands(powers, {
    ...{ places, home, architecture: process.arch, packageRoot: `${home}/package` },
    spokeDirectories: () => [],
  });
  if (held.containment !== 'namespace') context.skip('this host gives commands no namespace');
  const environment = () => ({
    ...{ env: { PATH: '/usr/bin:/bin' }, cwd: home },
    limits: { timeoutMs: 60_000, maxOutput: 65_536 },
  });
  const jobs = new Jobs({ ...held, powers, environment, isFree: () => free, maxPerSpoke: 1, keep: 1 });
  onTestFinished(() => jobs.stop());
  const { id, finished } = jobs.start({ spoke: 'attacker' }, { kind: 'command', argv: words, names: [] });
  await finished;
  const { stdout, stderr } = jobs.logs(id);
  return stdout + stderr;
}

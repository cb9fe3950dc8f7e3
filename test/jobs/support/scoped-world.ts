import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { containCommands } from '../../../core/contain-commands.ts';
import { Jobs } from '../../../core/jobs/jobs.ts';
import { daemonExecPortal, type ExecPowers } from '../../../core/portals/daemon-exec.ts';
import { devfsDevice } from '../../../core/portals/kernel-fs.ts';
import type { Reply } from '../../../core/portals/portal.ts';
import { resolveScope } from '../../../core/portals/resolve-scope.ts';
import { createAnchorFinder } from '../../../core/registry/anchors.ts';
import { createScopes, placesToKeepOut, type Scopes } from '../../../core/scopes.ts';
import { placesFor } from '../../../schemas/places.ts';
import type { Scope } from '../../../schemas/scope.ts';
import { run } from '../../portals/support/run-portal.ts';
import { createPowers, type TestPowers } from '../../support/powers.ts';
import { compileRights, manifestText } from '../../support/rights.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { script } from './processes.ts';

/** A user's home, Axium's directories beside it, and a spoke whose commands are run as the daemon runs them. */
export interface ScopedWorld {
  readonly root: string;
  readonly home: string;
  readonly axium: string;
  readonly powers: TestPowers;
  readonly jobs: Jobs;
  readonly scopes: Scopes;
  readonly exec: ExecPowers;
  /** Writes a file below the root, with its directories; `@` is no part of a path. */
  readonly put: (path: string, text?: string) => Promise<string>;
  /** What the spoke may do from now on; `@` stands for the home directory. */
  readonly allow: (permissions: string, overrides?: string) => void;
  /** Runs a shell script in the scope to its end. */
  readonly sh: (text: string) => Promise<Reply>;
  readonly wait: (command: readonly string[]) => Promise<Reply>;
  readonly start: (command: readonly string[]) => Promise<Reply>;
}

/** What a command of the system would find by now. */
export async function scopeOf({ exec: { scope } }: ScopedWorld): Promise<Scope> {
  const command = { kind: 'command', argv: ['/usr/bin/true'], names: ['/usr/bin/true'] } as const;
  const found = scope && (await resolveScope(scope, 'creds', command));
  if (!found) throw new Error('there is no scope');
  await found.release();
  return found.scope;
}

/** Skips the test where this host gives commands no scope. */
export async function scopedWorld(
  context: TestContext,
  changed: Partial<TestPowers> = {},
): Promise<ScopedWorld> {
  const root = makeTemporaryDirectory();
  const [home, axium] = [`${root}/home`, `${root}/axium`];
  const powers = createPowers(changed);
  const places = placesFor({ AXIUM_HOME: axium }, home);
  for (const directory of [home, places.run, places.config, places.state]) {
    await mkdir(directory, { recursive: true });
  }
  const { contain, confine } = await containCommands(powers, {
    ...{ places, home, architecture: process.arch, packageRoot: `${root}/package` },
    spokeDirectories: () => [],
  });
  if (!confine) return context.skip('this host cannot confine a command to a scope');
  const env = { PATH: '/usr/bin:/bin', HOME: home };
  const limits = { timeoutMs: 60_000, maxOutput: 65_536 };
  const environment = () => ({ env, cwd: home, limits });
  const jobs = new Jobs({ powers, environment, contain, confine, maxPerSpoke: 4, keep: 10 });
  onTestFinished(() => jobs.stop());

  const rights = (permissions: string, overrides: string) => {
    const there = (text: string) => text.replaceAll('@', home);
    const exec = permissions.startsWith('exec:') ? '' : 'exec: true\n';
    const manifest = manifestText(`${exec}exec_profile: scoped\n${there(permissions)}`);
    const { policy } = compileRights({ manifest, overrides: there(overrides) });
    return [{ ...policy, guard: { home, neverWrite: [places.config, places.state, places.run] } }];
  };
  let policies = rights('', '');
  const findAnchors = createAnchorFinder(powers);
  const scopes = createScopes(
    {
      of: () => ({ policies, hash: '' }),
      anchors: async (ofThese) =>
        new Map((await Promise.all(ofThese.map(findAnchors))).flatMap((found) => [...found])),
    },
    powers.clock,
  );
  const { files } = powers;
  const devfs = await devfsDevice(files);
  const keepOut = () => placesToKeepOut(files, places);
  const exec: ExecPowers = {
    files,
    path: ['/usr/bin', '/bin'],
    runner: jobs,
    isScoped: scopes.isScoped,
    scope: { files, home, devfs, keepOut, granted: scopes.granted },
  };
  const ask = (command: readonly string[], mode?: string) =>
    run(daemonExecPortal(exec), 'daemon_exec', { command, mode });
  return {
    ...{ root, home, axium, powers, jobs, scopes, exec },
    async put(path, text = '') {
      await mkdir(dirname(`${root}/${path}`), { recursive: true });
      await writeFile(`${root}/${path}`, text);
      return `${root}/${path}`;
    },
    allow(permissions, overrides = '') {
      policies = rights(permissions, overrides);
    },
    sh: (text) => ask(script(text), 'wait'),
    wait: (command) => ask(command, 'wait'),
    start: (command) => ask(command),
  };
}

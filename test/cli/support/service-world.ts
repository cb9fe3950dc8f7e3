import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { axium, makeWorld, PACKAGE, type World } from './cli.ts';

export interface ServiceWorld extends World {
  readonly unit: string;
  /** What systemctl was called with since this was last asked. */
  readonly calls: () => Promise<readonly string[]>;
  /** Calls systemctl as the user would. */
  readonly systemctl: (...words: readonly string[]) => Promise<void>;
  /** The same user with further variables in the shell. */
  readonly with: (env: Readonly<Record<string, string | undefined>>) => ServiceWorld;
}

/** A user whose files lie at the XDG places, with a stand-in for systemctl first on the PATH. */
export async function makeServiceWorld(): Promise<ServiceWorld> {
  const world = await makeWorld();
  const bin = `${world.home}/bin`;
  const state = `${world.home}/stand-in`;
  const runtime = `${world.home}/run`;
  for (const directory of [bin, state, runtime]) await mkdir(directory, { mode: 0o700 });
  const program = `exec '${process.execPath}' '${PACKAGE}/test/cli/fixtures/systemctl.mjs' "$@"`;
  await writeFile(`${bin}/systemctl`, `#!/bin/sh\n${program}\n`);
  await chmod(`${bin}/systemctl`, 0o755);
  const env = {
    ...world.env,
    AXIUM_HOME: undefined,
    PATH: `${bin}:/usr/bin:/bin`,
    XDG_RUNTIME_DIR: runtime,
    STAND_IN_STATE: state,
  };
  const made = serviceWorld({ ...world, env }, `${world.home}/.config/systemd/user/axiumd.service`, state);
  onTestFinished(async () => {
    await axium(made, 'daemon', 'stop');
    await made.systemctl('stop', 'axiumd.service');
  });
  return made;
}

function serviceWorld(world: World, unit: string, state: string): ServiceWorld {
  let read = 0;
  return {
    ...world,
    unit,
    async calls() {
      const lines = (await readFile(`${state}/calls`, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      const since = lines.slice(read);
      read = lines.length;
      return since;
    },
    async systemctl(...words) {
      const child = spawn(`${world.home}/bin/systemctl`, ['--user', ...words], {
        env: { ...world.env },
        stdio: 'ignore',
      });
      await once(child, 'exit');
    },
    with: (env) => serviceWorld({ ...world, env: { ...world.env, ...env } }, unit, state),
  };
}

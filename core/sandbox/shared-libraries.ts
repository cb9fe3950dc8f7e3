import { AxiumError } from '../errors.ts';
import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';

/** A shared object: where the loader looks for it, and the file that lies there. */
export interface SharedLibrary {
  readonly path: string;
  readonly file: string;
}

type Needed = Pick<Powers, 'files' | 'spawn' | 'signal' | 'clock'>;

/** The shared objects that a program is started with, as ldd tells them. Throws `unavailable` where there is no ldd. */
export async function sharedLibraries(powers: Needed, program: string): Promise<readonly SharedLibrary[]> {
  const command = runCommand(powers, {
    argv: ['/usr/bin/ldd', program],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    limits: { timeoutMs: 10_000, maxOutput: 65_536 },
  });
  const { code } = await command.finished;
  const paths = [...command.stdout().matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(
    ([, path]) => path ?? '',
  );
  if (code !== 0 || paths.length === 0)
    throw new AxiumError('unavailable', `ldd could not tell what ${program} needs`);
  return Promise.all(paths.map(async (path) => ({ path, file: await powers.files.realpath(path) })));
}

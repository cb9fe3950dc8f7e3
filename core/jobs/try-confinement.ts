import { constants } from 'node:fs';
import type { Powers } from '../powers.ts';
import { runCommand } from './run-command.ts';
import { type Confine, type ConfineInput, confinement } from './scoped.ts';

/** O_PATH, which node:fs does not name: how everything that is bound is held open. */
const O_PATH = 0o10000000;

/**
 * The confinement of scoped commands, where a command that is given a file by its descriptor runs in it; null where it
 * does not.
 */
export async function tryConfinement(
  input: ConfineInput & {
    readonly powers: Pick<Powers, 'files' | 'filesNow' | 'spawn' | 'signal' | 'clock'>;
  },
): Promise<Confine | null> {
  const { powers } = input;
  const confine = await confinement(input);
  const handle = await powers.files.open('/etc/passwd', O_PATH | constants.O_NOFOLLOW).catch(() => null);
  if (handle === null) return null;
  try {
    const binds = [{ path: '/etc/passwd', list: 'fs_read', whole: false, fd: handle.fd }] as const;
    const tried = confine(
      {
        argv: ['/bin/true'],
        env: {},
        cwd: '/',
        limits: { timeoutMs: 10_000, maxOutput: 4096 },
      },
      { binds, links: [], net: false },
    );
    const command = runCommand(powers, tried.input);
    tried.done();
    const { end, code } = await command.finished;
    return end === 'exited' && code === 0 ? confine : null;
  } finally {
    await handle.close();
  }
}

import type { Powers } from '../powers.ts';
import { runCommand } from './run-command.ts';

const SYSTEMCTL = '/usr/bin/systemctl';

/** The names of the failed units of the system's systemd; null where none answers. */
export async function failedUnits(
  powers: Pick<Powers, 'files' | 'spawn' | 'signal' | 'clock'>,
): Promise<readonly string[] | null> {
  const there = await powers.files.access(SYSTEMCTL).then(
    () => true,
    () => false,
  );
  if (!there) return null;
  const command = runCommand(powers, {
    argv: [SYSTEMCTL, 'list-units', '--state=failed', '--plain', '--no-legend', '--no-pager'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    limits: { timeoutMs: 5000, maxOutput: 65_536 },
  });
  const { code } = await command.finished;
  if (code !== 0) return null;
  const lines = command.stdout().split('\n');
  return lines.map((line) => line.trim().split(/\s+/)[0] ?? '').filter((unit) => unit !== '');
}

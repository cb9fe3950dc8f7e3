import { constants } from 'node:fs';
import { errno } from '../errors.ts';
import { PERL, requireProgram } from '../host-programs.ts';
import { ownCgroup } from '../own-cgroup.ts';
import type { Powers } from '../powers.ts';
import type { Contain } from './containment.ts';
import { runCommand } from './run-command.ts';

/**
 * Joins the group, then becomes the command. Before that it has no children, so none of the command's processes is ever
 * outside. Words reach it as they are: it is handed them and interprets none.
 */
const JOIN = [
  'open my $procs, ">", shift or exit 126;',
  'syswrite $procs, $$ or exit 126;',
  'close $procs or exit 126;',
  'exec { $ARGV[0] } @ARGV or exit 127;',
].join(' ');

type CgroupPowers = Pick<Powers, 'files' | 'filesNow' | 'spawn' | 'signal' | 'clock' | 'randomHex' | 'pid'>;

/**
 * Runs each command in a cgroup of its own below the daemon's, where that is cgroup v2 and can be written; null where it
 * cannot. It ends whatever left the process group or the session. A command that sets out to leave its cgroup can: it
 * has its user's rights, and so has the daemon's cgroup.
 */
export async function cgroupContainment(powers: CgroupPowers): Promise<Contain | null> {
  const own = await ownCgroup(powers.files, powers.pid);
  if (own === null) return null;
  const contain = inCgroup(powers, own);
  try {
    await requireProgram(powers, PERL);
    await removeLeft(powers.files, own);
    await requireKill(powers, own);
    const tried = contain(['/bin/true'], '/');
    const command = runCommand(powers, {
      ...tried,
      env: {},
      cwd: '/',
      limits: { timeoutMs: 10_000, maxOutput: 4096 },
    });
    return (await command.finished).code === 0 ? contain : null;
  } catch {
    return null;
  }
}

const PREFIX = 'axium-command-';

/** Groups that a daemon left when it ended. One with a process in it is another daemon's, and cannot be removed. */
async function removeLeft(files: Powers['files'], own: string): Promise<void> {
  const left = (await files.readdir(own)).filter((name) => name.startsWith(PREFIX));
  await Promise.all(left.map((name) => files.rmdir(`${own}/${name}`).catch(() => {})));
}

/** Throws where groups cannot be ended as one: kernels before 5.14 have no cgroup.kill. */
async function requireKill({ files, randomHex }: CgroupPowers, own: string): Promise<void> {
  const group = `${own}/${PREFIX}${randomHex(8)}`;
  await files.mkdir(group);
  try {
    await files.access(`${group}/cgroup.kill`, constants.W_OK);
  } finally {
    await files.rmdir(group);
  }
}

/** How often and how long apart, in milliseconds, an ended group is tried to be removed: its processes take a moment. */
const REMOVE = { times: 100, apart: 50 } as const;

function inCgroup({ filesNow, clock, randomHex }: CgroupPowers, own: string): Contain {
  return (argv) => {
    const group = `${own}/${PREFIX}${randomHex(8)}`;
    filesNow.mkdirSync(group);
    const remove = (times: number) => {
      try {
        filesNow.rmdirSync(group);
      } catch (error) {
        if (errno(error) === 'EBUSY' && times > 1) clock.after(REMOVE.apart, () => remove(times - 1));
      }
    };
    return {
      argv: [PERL, '-e', JOIN, '--', `${group}/cgroup.procs`, ...argv],
      group: {
        end: () => filesNow.writeFileSync(`${group}/cgroup.kill`, '1'),
        release: () => remove(REMOVE.times),
      },
    };
  };
}

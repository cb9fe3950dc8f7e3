import { LEVELS } from '../schemas/config.ts';
import { openConsents } from './consents.ts';
import { containCommands } from './contain-commands.ts';
import { tierSettings } from './control/groups.ts';
import { loadPeerLookup } from './control/peer.ts';
import type { Foundation } from './foundation.ts';
import { devfsDevice } from './portals/kernel-fs.ts';
import { openCgroups } from './sandbox/cgroup.ts';
import { limiter } from './sandbox/memory-limit.ts';
import { loadSetLimit } from './sandbox/set-limit.ts';
import { surveySandboxes } from './sandbox/survey.ts';

/** What this host gives, found out by trying it, and what is read before anything else. */
export type Begun = Awaited<ReturnType<typeof begin>>;

export async function begin(base: Foundation) {
  const { powers, places, home, packageRoot, runtime, architecture, guest } = base;
  const { book, recordEvent } = base.state;
  // Before anything else is started: a process in the daemon's own group would keep the groups from being made.
  const groups = guest ? null : await openCgroups(powers);
  const skip = guest
    ? LEVELS.filter((level) => level !== guest.level || level === 'none')
    : book.config.sandbox.skip;
  const surveyed = { powers, runtime, packageRoot, run: places.run, architecture, skip };
  const first = () => book.config.consent.first;
  // Each waits for the disk or for what it tries, and for none of the others. Spokes wait for all, and so for the canary.
  const beginnings = [
    surveySandboxes(surveyed, { all: false }),
    containCommands(powers, {
      ...{ places, home, architecture, packageRoot },
      spokeDirectories: () => book.directories,
    }),
    openConsents({ powers, file: places.consents, first, recordEvent }),
    devfsDevice(powers.files),
    loadPeerLookup(powers.filesNow),
    tierSettings(powers),
    loadSetLimit(),
  ] as const;
  // Where one fails the state is closed, and nothing may go on then.
  await Promise.allSettled(beginnings);
  const [survey, contained, consents, devfs, lookup, tiers, setLimit] = await Promise.all(beginnings);
  const limit = limiter(powers, setLimit);
  return { groups, limit, survey, contained, consents, devfs, lookup, tiers };
}

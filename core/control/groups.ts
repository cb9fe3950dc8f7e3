import type { Powers } from '../powers.ts';
import type { GroupSetting, TierSettings } from './tier.ts';

const ADMINS = { variable: 'AXIUM_ADMIN_GROUP', usual: 'axium-admin' } as const;
const OPERATORS = { variable: 'AXIUM_OPERATOR_GROUP', usual: 'axium' } as const;
const ON_UNKNOWN = 'AXIUM_ON_UNKNOWN_GROUPS';

type Needed = Pick<Powers, 'files' | 'env' | 'uid'>;

/**
 * Who has which tier, from the environment of the daemon's start, with a sentence for each setting that has no effect or
 * a dangerous one. Groups are looked up by name once and compared by number from then on.
 */
export async function tierSettings(
  powers: Needed,
): Promise<{ readonly settings: TierSettings; readonly notes: readonly string[] }> {
  const { env, uid } = powers;
  const [admins, operators] = await Promise.all([ADMINS, OPERATORS].map((one) => groupOf(powers, one)));
  const unknown = env[ON_UNKNOWN] === 'operator' ? 'operator' : 'readonly';
  const notes = [
    ...[admins, operators].flatMap((group) => (group?.note ? [group.note] : [])),
    ...noteOnUnknown(env[ON_UNKNOWN]),
  ];
  return {
    settings: {
      owner: uid,
      admins: admins?.setting ?? nobody(ADMINS.usual),
      operators: operators?.setting ?? nobody(OPERATORS.usual),
      unknown,
    },
    notes,
  };
}

async function groupOf(powers: Needed, { variable, usual }: { variable: string; usual: string }) {
  const named = powers.env[variable];
  const name = named || usual;
  const gid = await groupNumber(powers.files, name);
  // That the usual groups are not there is usual.
  const note =
    gid === null && named
      ? `${variable}: there is no group '${name}' on this host, so nobody is in it`
      : null;
  return { setting: { name, gid } satisfies GroupSetting, note };
}

/** The number of a group of /etc/group; one that is kept elsewhere is named by its number. Null where there is none. */
export async function groupNumber(files: Powers['files'], name: string): Promise<number | null> {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const text = await files.readFile('/etc/group', 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [found, , gid = ''] = line.split(':');
    if (found === name && /^\d{1,10}$/.test(gid)) return Number(gid);
  }
  return null;
}

function noteOnUnknown(value: string | undefined): readonly string[] {
  if (value === undefined || value === '' || value === 'readonly') return [];
  if (value === 'operator')
    return [
      `${ON_UNKNOWN}=operator: whoever cannot be told from others is an operator on the control socket`,
    ];
  return [`${ON_UNKNOWN}: expected readonly or operator, found '${value}'; it counts as readonly`];
}

function nobody(name: string): GroupSetting {
  return { name, gid: null };
}

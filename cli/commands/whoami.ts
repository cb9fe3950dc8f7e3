import type { Identity } from '../../schemas/control-shown.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';
import { span } from '../local-time.ts';
import { ofCaller } from '../of-caller.ts';
import { aligned } from '../plain-text.ts';

export const run: Run = async (context, { options }) => {
  const identity = await request(await ofCaller(context), 'whoami');
  await context.print(options.json ? jsonText(identity) : aligned(rowsOf(identity)));
};

function rowsOf(identity: Identity): readonly string[][] {
  const { principal, uid, gid, groups, tier, why, dangerous } = identity;
  const number = (value: number | null) => (value === null ? 'unknown' : String(value));
  return [
    ['principal', visibleText(principal)],
    ['uid', number(uid)],
    ['gid', number(gid)],
    ['groups', groups === null ? 'unknown' : groups.join(' ')],
    ['tier', `${visibleText(tier)} (${visibleText(why)})`],
    ['session', sessionText(identity)],
    ['dangerous operations', dangerous ? 'enabled' : 'disabled'],
  ];
}

function sessionText({ session, elevated_seconds: seconds }: Identity): string {
  const standing = seconds === null ? 'standard' : `elevated, ${span(seconds * 1000)} left`;
  return session === null ? 'unknown' : `${session} (${standing})`;
}

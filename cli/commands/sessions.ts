import type { SessionStatus } from '../../schemas/approvals.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { span } from '../local-time.ts';
import { ofCaller } from '../of-caller.ts';
import { aligned } from '../plain-text.ts';

export const run: Run = async (context, { args, options }) => {
  const [verb, session] = args;
  if (verb === 'kick') return kick(context, session);
  if (verb !== undefined)
    throw new CliError(
      EXIT.usage,
      `sessions ${verb}: expected kick, or nothing; see 'axium sessions --help'`,
    );
  const { sessions } = await request(await ofCaller(context), 'sessions');
  const text = sessions.length === 0 ? 'No elevated sessions\n' : aligned(sessions.map(rowOf));
  await context.print(options.json ? jsonText(sessions) : text);
};

async function kick(context: Context, session: string | undefined): Promise<void> {
  if (session !== undefined && !/^[1-9]\d{0,9}$/.test(session))
    throw new CliError(EXIT.usage, `sessions kick: expected the number of a session, found '${session}'`);
  const { ended } = await request(
    await ofCaller(context),
    'sessions_kick',
    session === undefined ? {} : { session: Number(session) },
  );
  if (ended === 0) throw new CliError(EXIT.no, 'no such session is elevated');
}

function rowOf({ uid, session, reason, seconds_left: seconds }: SessionStatus): readonly string[] {
  return [String(session), `uid ${uid}`, `${span(seconds * 1000)} left`, reason];
}

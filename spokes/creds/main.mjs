import { createAttempt } from './attempt.mjs';
import { createCheck } from './check.mjs';
import { readSettings } from './settings.mjs';

/**
 * Watches the credentials of one AWS profile: at once, whenever its rights change, and on a timer.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  const check = createCheck(
    axium,
    createAttempt((line) => console.error(line)),
  );
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** One check at a time: two could tell the same news. */
  let turn = Promise.resolve();
  const checkInTurn = () => {
    turn = turn.then(async () => {
      const seconds = await check(Date.now());
      clearTimeout(timer);
      timer = setTimeout(checkInTurn, seconds * 1000);
    });
    return turn;
  };
  events.on('permissions_changed', checkInTurn);
  await offerRefresh(axium, checkInTurn);
  await checkInTurn();
}

/**
 * Offers `axium creds refresh`, which asks for a login and looks again. A spoke that may not offer it goes on without.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @param {() => Promise<void>} check
 */
async function offerRefresh(axium, check) {
  const refresh = async () => {
    const profile = readSettings(await axium.config().catch(() => null)).settings.profile;
    await axium.exec(['aws', 'sso', 'login', '--profile', profile]);
    await check();
    return `asked for a login of profile ${profile}`;
  };
  const about = 'asks for a login of the profile';
  await axium.command('refresh', refresh, { about }).catch(({ code, message }) => {
    console.error(`command: ${code}: ${message}`);
  });
}

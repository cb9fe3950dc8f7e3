import { createAttempt } from './attempt.mjs';
import { createCheck } from './check.mjs';

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
  await checkInTurn();
}

import { createAttempt } from './attempt.mjs';
import { listBackups } from './backup.mjs';
import { createHealer } from './healer.mjs';
import { metricsText } from './metrics.mjs';

/**
 * Looks at the system at once and on a timer, and offers its plan, its metrics and the healing itself as commands.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  const attempt = createAttempt((line) => console.error(line));
  const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const healer = createHealer(axium, attempt, {
    now: () => Date.now(),
    wait: async (ms) => {
      await wait(ms);
    },
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** One look at a time: two could tell the same news. */
  let turn = Promise.resolve();
  const checkInTurn = () => {
    turn = turn.then(async () => {
      const seconds = await healer.check();
      clearTimeout(timer);
      timer = setTimeout(checkInTurn, seconds * 1000);
    });
    return turn;
  };
  events.on('permissions_changed', checkInTurn);

  /**
   * @param {string} name
   * @param {string} about
   * @param {(args: readonly string[]) => string | Promise<string>} run
   */
  const offer = (name, about, run) =>
    attempt(`command ${name}`, () =>
      axium.command(name, async (args, { print }) => print(await run(args)), { about }),
    );
  await offer('plan', 'print what is wrong and what would be done, as JSON', async () => {
    await healer.look();
    return JSON.stringify(healer.plan(), null, 2);
  });
  await offer('heal', 'ask for what is planned, or for the one issue that is named', async ([issue]) => {
    await healer.look();
    const steps = healer
      .plan()
      .filter((step) => step.remedy !== null && (issue === undefined || step.issue === issue));
    for (const step of steps) void healer.heal(step).then((line) => console.error(line));
    if (steps.length === 0) return 'nothing that this could do';
    const asked = steps.map(({ issue: id, remedy }) => `asking for ${remedy?.action}, for ${id}`);
    return [...asked, "'axium approvals' shows what waits for you"].join('\n');
  });
  await offer('metrics', 'print the metrics for Prometheus', () => {
    const { facts, issues, counts } = healer.state();
    return metricsText(facts, issues, counts);
  });
  await offer('known', 'print what has helped before, as JSON', () => {
    return JSON.stringify(healer.state().knowledge, null, 2);
  });
  await offer('backups', 'print what was kept before each action, as JSON lines', async () => {
    return (await listBackups(axium)).join('\n');
  });
  await checkInTurn();
}

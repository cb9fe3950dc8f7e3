import { fullest, lineOf, segmentOf, usageOf } from './usage.mjs';

const DEFAULT_MARK = 90;

/**
 * Watches the file systems of the root and of the home directory: shows the fullest in the HUD once it is nearly full, and
 * tells of each once.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  /** Of these the user has been told. @type {Set<string>} */
  const told = new Set();

  const usages = async () => (await axium.facts()).disks.map(usageOf);
  const check = async () => {
    const [now, mark] = [await usages(), await markOf(axium)];
    await axium.hud(segmentOf(now, mark));
    for (const usage of now) {
      if (fullest(usage) < mark) told.delete(usage.mount);
      else if (!told.has(usage.mount)) {
        told.add(usage.mount);
        const title = `${usage.mount} is nearly full`;
        await axium.notify({ title, body: lineOf(usage), level: 'warning' });
      }
    }
  };
  const checkOrSay = () => check().catch((error) => console.error(`${error.code}: ${error.message}`));

  await axium.command('show', async () => (await usages()).map(lineOf).join('\n'), {
    about: 'prints how full each file system is',
  });
  axium.every('5m', checkOrSay);
  events.on('config_changed', checkOrSay);
  events.on('permissions_changed', checkOrSay);
  await checkOrSay();
}

/** What cannot be read, or is no number from 1 to 100, counts as the default. */
async function markOf(/** @type {import('../runtime/api.mts').Axium} */ axium) {
  const mark = await axium.config('warn_percent').catch(() => DEFAULT_MARK);
  return typeof mark === 'number' && mark >= 1 && mark <= 100 ? mark : DEFAULT_MARK;
}

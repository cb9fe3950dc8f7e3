import { MANAGERS, noticeOf, segmentOf } from './packages.mjs';

/**
 * Looks for updates when the daemon begins and every six hours, shows how many there are, and tells of each once.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  const check = async () => {
    const names = await pending(axium);
    await axium.hud(segmentOf(names));
    const notice = noticeOf(names, JSON.parse((await axium.storage.get('told')) ?? '[]'));
    if (notice !== null) await axium.notify(notice);
    await axium.storage.put('told', JSON.stringify(names));
  };
  const checkOrSay = () => check().catch((error) => console.error(`${error.code}: ${error.message}`));

  await axium.command('show', async () => (await pending(axium)).join('\n'), {
    about: 'prints the packages that can be updated',
  });
  events.on('due', checkOrSay);
  events.on('permissions_changed', checkOrSay);
}

/**
 * The packages that can be updated, by the first package manager that this host has.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @returns {Promise<readonly string[]>}
 */
async function pending(axium) {
  for (const { command, codes, names } of MANAGERS) {
    const finished = await axium.exec(command, { mode: 'wait' }).catch((error) => {
      if (error.code === 'not_found') return null;
      throw error;
    });
    if (finished === null) continue;
    if (finished.code !== null && codes.includes(finished.code)) return names(finished.stdout);
    const [reason = ''] = finished.stderr.split('\n');
    throw Object.assign(new Error(`${command.join(' ')}: ${reason}`), { code: 'failed' });
  }
  return [];
}

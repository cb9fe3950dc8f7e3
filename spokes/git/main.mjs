import { lineOf, parseStatus, segmentOf } from './status.mjs';

const MAX_REPOSITORIES = 50;

/**
 * Looks at the repositories of its configuration now and then, and when that changes.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  const statusOf = async (/** @type {string} */ path) => {
    const look = ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-C', path];
    const words = ['git', ...look, 'status', '--porcelain=v2', '--branch'];
    const { code, stdout, stderr } = await axium.exec(words, { mode: 'wait' });
    const status = parseStatus(path, stdout);
    return code === 0 ? status : { ...status, problem: stderr.split('\n')[0] || `git ended with ${code}` };
  };
  const statuses = async () => {
    const all = [];
    // One after the other: only a few commands of a spoke run at once.
    for (const path of repositoriesIn(await axium.config('repositories'))) {
      const failed = (/** @type {Error} */ error) => ({ ...parseStatus(path, ''), problem: error.message });
      all.push(await statusOf(path).catch(failed));
    }
    return all;
  };
  const check = async () => axium.hud(segmentOf(await statuses()));
  const checkOrSay = () => check().catch((error) => console.error(`${error.code}: ${error.message}`));

  await axium.command('show', showing(statuses), { about: 'prints how each repository stands' });
  axium.every('5m', checkOrSay);
  events.on('config_changed', checkOrSay);
  events.on('permissions_changed', checkOrSay);
  // Not waited for: a look can take longer than a spoke may until it is ready.
  void checkOrSay();
}

/** @returns {import('../runtime/api.mts').CommandHandler} */
function showing(/** @type {() => Promise<readonly import('./status.mjs').Status[]>} */ statuses) {
  return async (_args, { print, warn }) => {
    const all = await statuses();
    if (all.length === 0) warn('no repositories are configured; list them in overrides/git.yaml');
    for (const status of all) print(lineOf(status));
    return all.some(({ problem }) => problem !== null) ? 1 : 0;
  };
}

/** The paths in a configuration that can be one: absolute, so that none is an option of git. */
export function repositoriesIn(/** @type {unknown} */ value) {
  const paths = Array.isArray(value) ? value : [];
  return paths.filter((path) => typeof path === 'string' && path.startsWith('/')).slice(0, MAX_REPOSITORIES);
}

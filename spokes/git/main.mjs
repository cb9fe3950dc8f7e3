import { ownPrograms } from './own-programs.mjs';
import { lineOf, parseStatus, segmentOf } from './status.mjs';

const MAX_REPOSITORIES = 50;

/**
 * Looks at the repositories of its configuration now and then, and when that changes.
 *
 * @type {import('../runtime/api.mts').Register}
 */
export async function register(axium, events) {
  const ask = async (/** @type {string[]} */ ...words) => {
    const { code, stdout, stderr } = await axium.exec(['git', ...words], { mode: 'wait' });
    if (code !== 0) throw new Error(stderr.split('\n')[0] || `git ended with ${code}`);
    return stdout;
  };
  const statusOf = async (/** @type {string} */ path) => {
    const settings = await ask('-C', path, 'config', '--list', '--name-only', '--show-scope');
    const [program] = ownPrograms(settings);
    if (program !== undefined) {
      const why = `its own settings have programs run (${program})`;
      throw new Error(`${why}; where you trust it, give them to git config --global`);
    }
    const look = ['--no-optional-locks', '-c', 'core.fsmonitor=false', '-C', path];
    // What is in a submodule is looked at by its own settings.
    const words = ['status', '--porcelain=v2', '--branch', '--ignore-submodules=dirty'];
    return parseStatus(path, await ask(...look, ...words));
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

/** @typedef {import('../runtime/api.mts').Facts} Facts */
/** @typedef {import('./settings.mjs').Settings} Settings */

/**
 * Something that is not as it should be.
 *
 * @typedef {object} Issue
 * @property {string} id the same as long as it is the same issue: `failed_unit:nginx.service`
 * @property {'disk' | 'inodes' | 'memory' | 'pressure' | 'load' | 'failed_unit' | 'governor' | 'rollback'} kind
 * @property {string} about a mount, a unit or a resource
 * @property {string} text one line for people
 */

/**
 * Finds what is wrong in the facts about a system. What the host does not tell is no issue.
 *
 * @param {Facts} facts
 * @param {Settings} settings
 * @param {number} now milliseconds since the epoch
 * @returns {readonly Issue[]}
 */
export function detect(facts, settings, now) {
  return [
    ...diskIssues(facts, settings),
    ...memoryIssues(facts, settings),
    ...pressureIssues(facts, settings),
    ...loadIssues(facts, settings),
    ...(facts.failed_units ?? []).map((unit) => issue('failed_unit', unit, `the unit ${unit} has failed`)),
    ...governorIssues(facts, settings),
    ...rollbackIssues(facts, settings, now),
  ];
}

/** @param {Issue['kind']} kind @param {string} about @param {string} text @returns {Issue} */
function issue(kind, about, text) {
  return { id: about === '' ? kind : `${kind}:${about}`, kind, about, text };
}

/** @param {Facts} facts @param {Settings} settings */
function diskIssues({ disks }, { disk_free_percent: least }) {
  return disks.flatMap(({ mount, total, free, inodes, inodes_free }) => [
    ...low(total, free, least, (share) => issue('disk', mount, `${mount} has ${share} % of its space left`)),
    ...low(inodes, inodes_free, least, (share) =>
      issue('inodes', mount, `${mount} has ${share} % of its inodes left`),
    ),
  ]);
}

/** @param {Facts} facts @param {Settings} settings */
function memoryIssues({ memory }, { memory_available_percent: least }) {
  const { total, available } = memory ?? {};
  if (typeof total !== 'number' || typeof available !== 'number') return [];
  return low(total, available, least, (share) =>
    issue('memory', '', `${share} % of the memory is available`),
  );
}

/** @param {Facts} facts @param {Settings} settings */
function pressureIssues({ pressure }, { pressure_percent: most }) {
  return /** @type {const} */ (['memory', 'io']).flatMap((resource) => {
    const share = pressure[resource];
    if (share === null || share <= most) return [];
    return [issue('pressure', resource, `tasks waited for ${resource} in ${share} % of the last 10 seconds`)];
  });
}

/** @param {Facts} facts @param {Settings} settings */
function loadIssues({ load }, { load_per_cpu: most }) {
  if (!load?.cpus || load.five <= most * load.cpus) return [];
  return [issue('load', '', `${load.five} tasks are runnable for ${load.cpus} processors`)];
}

/** A governor that saves power while there is much to do, or spends it while there is nothing. */
function governorIssues(
  /** @type {Facts} */ { load, cpu_governors },
  /** @type {Settings} */ { load_per_cpu },
) {
  if (!load?.cpus || cpu_governors.length === 0) return [];
  const busy = load.five > (load_per_cpu * load.cpus) / 2;
  const idle = load.fifteen < load.cpus / 10;
  if (busy && cpu_governors.includes('powersave'))
    return [issue('governor', 'powersave', 'the processors save power while there is much to do')];
  if (idle && cpu_governors.includes('performance'))
    return [issue('governor', 'performance', 'the processors spend power while there is nothing to do')];
  return [];
}

/** @param {Facts} facts @param {Settings} settings @param {number} now */
function rollbackIssues({ generations }, { rollback_days: most }, now) {
  if (!generations) return [];
  if (generations.previous === null)
    return [issue('rollback', '', 'there is no generation of the system to go back to')];
  const days = Math.floor((now - generations.previous_made_ms) / 86_400_000);
  if (days <= most) return [];
  return [issue('rollback', '', `the generation to go back to is ${days} days old, and will be collected`)];
}

/**
 * @param {number} total
 * @param {number} left
 * @param {number} least per cent
 * @param {(share: number) => Issue} make
 */
function low(total, left, least, make) {
  const share = total > 0 ? (100 * left) / total : 100;
  return share < least ? [make(Math.round(share * 10) / 10)] : [];
}

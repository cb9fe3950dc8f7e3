/** @typedef {import('./detect.mjs').Issue} Issue */
/** @typedef {import('./knowledge.mjs').Knowledge} Knowledge */
/** @typedef {import('../runtime/api.mts').ActionValue} ActionValue */

/**
 * What could help with an issue: an action of the root executor, or something for a person.
 *
 * @typedef {{ readonly action: string, readonly params: Readonly<Record<string, ActionValue>> }} Remedy
 */

/**
 * What would be done about an issue, as data.
 *
 * @typedef {object} Step
 * @property {string} issue
 * @property {string} text what is wrong
 * @property {Remedy | null} remedy what is tried first; null where nothing can be
 * @property {readonly Remedy[]} others what is tried where that does not help
 * @property {string | null} advice what a person can do
 */

/**
 * What a system has that could be changed.
 *
 * @typedef {{ readonly canRollBack: boolean, readonly hasGovernors: boolean }} Host
 */

/** What a governor that does not fit is replaced by. */
const GOVERNOR_FOR = /** @type {Readonly<Record<string, readonly string[]>>} */ ({
  powersave: ['performance', 'schedutil'],
  performance: ['schedutil', 'powersave'],
});

/** @type {Readonly<Record<Issue['kind'], string | null>>} */
const ADVICE = {
  disk: 'find what is large: du -xh --max-depth=2, and remove what is not needed',
  inodes: 'find where the many small files are: du -x --inodes --max-depth=2',
  memory: 'end what takes the memory: ps -eo pid,rss,comm --sort=-rss',
  pressure: 'look what waits: ps -eo pid,stat,wchan,comm',
  load: 'look what runs: ps -eo pid,pcpu,comm --sort=-pcpu',
  failed_unit: 'look why it failed: systemctl status, journalctl -u',
  governor: null,
  rollback: 'build the system once more while it works, so that there is a young generation to go back to',
};

/**
 * Plans what would be done about issues: of what could help with each, what has helped before comes first.
 *
 * @param {readonly Issue[]} issues
 * @param {Knowledge} knowledge
 * @param {Host} host
 * @returns {readonly Step[]}
 */
export function makePlan(issues, knowledge, host) {
  return issues.map((issue) => {
    const [remedy = null, ...others] = [...remediesFor(issue, host)].sort(
      (one, other) => scoreOf(knowledge, issue, other) - scoreOf(knowledge, issue, one),
    );
    return { issue: issue.id, text: issue.text, remedy, others, advice: ADVICE[issue.kind] };
  });
}

/**
 * What could help, in the order in which it is tried as long as nothing is known.
 *
 * @param {Issue} issue
 * @param {Host} host
 * @returns {readonly Remedy[]}
 */
function remediesFor({ kind, about }, { canRollBack, hasGovernors }) {
  switch (kind) {
    case 'failed_unit':
      return [
        remedy('restart_service', { unit: about }),
        ...(canRollBack ? [remedy('rollback_generation')] : []),
      ];
    case 'governor':
      return (GOVERNOR_FOR[about] ?? []).map((governor) => remedy('set_cpu_governor', { governor }));
    case 'memory':
      return [remedy('clear_system_cache')];
    case 'pressure':
      return about === 'memory' ? [remedy('clear_system_cache')] : [];
    case 'load':
      return hasGovernors ? [remedy('set_cpu_governor', { governor: 'performance' })] : [];
    default:
      return [];
  }
}

/** @param {string} action @param {Remedy['params']} params @returns {Remedy} */
function remedy(action, params = {}) {
  return { action, params };
}

/** A remedy's name in what is known: for a unit, what helps one helps that one. */
export function remedyKey(
  /** @type {Pick<Step, 'issue'>} */ { issue },
  /** @type {Remedy} */ { action, params },
) {
  return `${issue} ${action} ${JSON.stringify(params)}`;
}

/** How likely it helps: what has not been tried is worth more than what has failed. */
function scoreOf(
  /** @type {Knowledge} */ knowledge,
  /** @type {Issue} */ { id },
  /** @type {Remedy} */ remedy,
) {
  const { tried = 0, helped = 0 } = knowledge[remedyKey({ issue: id }, remedy)] ?? {};
  return (helped + 1) / (tried + 2);
}

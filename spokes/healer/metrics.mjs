/** @typedef {import('../runtime/api.mts').Facts} Facts */

/**
 * Counts of what this run of the spoke has done.
 *
 * @typedef {{ tried: number, helped: number, refused: number, needsAuth: number }} Counts
 */

/**
 * The state of a system as Prometheus reads it. What the host does not tell is left out.
 *
 * @param {Facts | null} facts
 * @param {readonly import('./detect.mjs').Issue[]} issues
 * @param {Readonly<Counts>} counts
 */
export function metricsText(facts, issues, counts) {
  /** @type {string[]} */
  const lines = [];
  /** @param {string} name @param {string} help @param {readonly (readonly [Readonly<Record<string, string>>, number | null | undefined])[]} values @param {string} type */
  const add = (name, help, values, type = 'gauge') => {
    const known = values.filter(([, value]) => typeof value === 'number' && Number.isFinite(value));
    if (known.length === 0) return;
    lines.push(`# HELP axium_healer_${name} ${help}`, `# TYPE axium_healer_${name} ${type}`);
    for (const [labels, value] of known) lines.push(`axium_healer_${name}${labelText(labels)} ${value}`);
  };
  /** @type {Map<string, number>} */
  const byKind = new Map();
  for (const { kind } of issues) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  add('issues', 'Issues that there are now, by kind.', [
    ...[...byKind].map(([kind, count]) => /** @type {const} */ ([{ kind }, count])),
    ...(byKind.size === 0 ? [/** @type {const} */ ([{}, 0])] : []),
  ]);
  add('load5', 'Runnable tasks, over five minutes.', [[{}, facts?.load?.five]]);
  add('memory_available_bytes', 'Memory that can be had.', [[{}, facts?.memory?.available]]);
  add('memory_total_bytes', 'Memory that there is.', [[{}, facts?.memory?.total]]);
  add('pressure_percent', 'Share of the last ten seconds in which a task waited.', [
    ...Object.entries(facts?.pressure ?? {}).map(
      ([resource, share]) => /** @type {const} */ ([{ resource }, share]),
    ),
  ]);
  add('disk_free_bytes', 'Free space.', [
    ...(facts?.disks ?? []).map(({ mount, free }) => /** @type {const} */ ([{ mount }, free])),
  ]);
  add('disk_total_bytes', 'Space that there is.', [
    ...(facts?.disks ?? []).map(({ mount, total }) => /** @type {const} */ ([{ mount }, total])),
  ]);
  add('failed_units', 'Failed units of systemd.', [[{}, facts?.failed_units?.length]]);
  add(
    'actions_total',
    'Actions that were asked for since this spoke started, by what came of them.',
    [
      [{ outcome: 'helped' }, counts.helped],
      [{ outcome: 'not_helped' }, counts.tried - counts.helped],
      [{ outcome: 'refused' }, counts.refused],
      [{ outcome: 'needs_auth' }, counts.needsAuth],
    ],
    'counter',
  );
  return lines.join('\n');
}

/** @param {Readonly<Record<string, string>>} labels */
function labelText(labels) {
  const pairs = Object.entries(labels).map(([name, value]) => {
    return `${name}="${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

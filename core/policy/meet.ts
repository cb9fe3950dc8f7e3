import type { CommandRule, ExecValue, Said } from './policy.ts';

/** What two say of `exec` together, and the commands that it can besides not go beyond. */
export interface MetExec {
  readonly exec: Said<ExecValue>;
  readonly ceiling: Said<readonly CommandRule[]> | null;
}

/**
 * What is allowed by both: never more than `own`, and never more than `bound`. Of two that allow the same `own` is kept.
 * Two lists of commands have no common list that could be written down, so the second one is a ceiling to the first.
 */
export function meetExec(own: Said<ExecValue>, bound: Said<ExecValue>): MetExec {
  if (own.value === false || bound.value === true) return { exec: own, ceiling: null };
  if (typeof bound.value !== 'object') {
    const asked = bound.value === 'ask' && own.value !== true;
    const exec = asked && typeof own.value === 'object' ? asking(own, own.value) : asked ? own : bound;
    return { exec, ceiling: null };
  }
  // Beyond these commands it is the bound that denies, whatever the list says that is told.
  const ceiling = { ...bound, value: bound.value };
  if (own.value === true) return { exec: bound, ceiling };
  return { exec: own.value === 'ask' ? asking(bound, bound.value) : own, ceiling };
}

/** The same commands, for each of which a person is asked. */
function asking(said: Said<ExecValue>, commands: readonly CommandRule[]): Said<ExecValue> {
  return {
    ...said,
    value: commands.map(({ rule, pattern }) => ({ rule: { ...rule, effect: 'ask' }, pattern })),
  };
}

export function meetSwitch(own: Said<boolean>, bound: Said<boolean>): Said<boolean> {
  return own.value && !bound.value ? bound : own;
}

export function meetProfile(
  own: Said<'host' | 'scoped'>,
  bound: Said<'host' | 'scoped'>,
): Said<'host' | 'scoped'> {
  return own.value === 'host' && bound.value === 'scoped' ? bound : own;
}

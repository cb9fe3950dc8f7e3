import type { ActionSpec } from '../../schemas/action-table.ts';

/**
 * Whether an action is one that sudo may do where there is no executor. Not one that the table has switched off, nor one
 * that the executor alone can look after: polkit has to consent to it, or it is about just one process, of which sudo is
 * told a number. Pure.
 */
export function sudoMay({ enabled, polkit, signal, parameters }: ActionSpec): boolean {
  const isAboutProcess = Object.values(parameters).some(({ type }) => type === 'process');
  return enabled && !polkit && signal === undefined && !isAboutProcess;
}

import type { ControlReplies } from '../schemas/control-replies.ts';
import type { SpokeStatus } from '../schemas/control-shown.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { CliError, EXIT } from './exit.ts';
import { aligned, indented } from './plain-text.ts';

/** The spokes in aligned rows, then the refused directories with what is wrong in each. */
export function spokesText({ spokes, refused }: ControlReplies['spoke_list'], home: string): string {
  const rows = spokes.length === 0 ? 'No spokes\n' : aligned(spokes.map(spokeRow));
  const blocks = refused.map(
    ({ directory, problems }) =>
      `\nrefused: ${visibleText(shortPath(directory, home))}\n${problems.map(indented).join('')}`,
  );
  return rows + blocks.join('');
}

function spokeRow({ name, version, state, level, pid, reason }: SpokeStatus): readonly string[] {
  const ran = state === 'idle' ? 'starts on demand' : pid === null ? '' : `pid ${pid}`;
  return [name, version, state, level, reason ?? ran];
}

/** Whether the last process of a spoke has failed, whatever comes next. */
export function hasFailed({ state }: SpokeStatus): boolean {
  return ['failing', 'condemned', 'backoff', 'quarantined'].includes(state);
}

/** What to throw where a spoke is to run and has failed. */
export function failed({ name, reason }: Pick<SpokeStatus, 'name' | 'reason'>, how = 'failed'): CliError {
  const why = reason ?? 'no reason was given';
  return new CliError(EXIT.no, `spoke '${name}' ${how}: ${why}; see 'axium spoke logs ${name}'`);
}

import type { ControlReplies, SpokeStatus } from '../schemas/control.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { Refusal } from './client.ts';
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
  return [name, version, state, level, reason ?? (pid === null ? '' : `pid ${pid}`)];
}

/** What to throw where the daemon does not know the spoke. */
export function explainMissingSpoke(error: unknown, name: string): unknown {
  if (!(error instanceof Refusal) || error.code !== 'not_found') return error;
  return spokeNotFound(name);
}

export function spokeNotFound(name: string): CliError {
  return new CliError(
    EXIT.no,
    `spoke '${name}' not found; 'axium spoke list' shows those that are loaded, and what was refused`,
  );
}

import type { ActionSpec, ActionTable } from '../../schemas/action-table.ts';
import type { Parameters } from '../../schemas/executor.ts';
import { AxiumError, errno } from '../errors.ts';
import { fillArgv } from '../executor/fill-argv.ts';
import { loadTable, parseTable } from '../executor/table.ts';
import type { FilesNow } from '../powers.ts';

export interface TablePlaces {
  /** The table of the executor. */
  readonly table: string;
  /** The one that comes with Axium: it tells what to suggest where there is no executor. */
  readonly shipped: string;
}

export interface ActionWords {
  readonly spec: ActionSpec;
  /** Just what would run as root. */
  readonly argv: readonly string[];
}

/** What an action would run, from the table as everybody can read it. Throws AxiumError for what no table offers. */
export function actionWords(
  files: FilesNow,
  places: TablePlaces,
  action: string,
  params: Parameters,
): ActionWords {
  const { actions } = readTable(files, places);
  const spec = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (spec === undefined || isElsewhere(files, spec))
    throw new AxiumError('not_found', `privileged: there is no action '${action}' on this host`);
  const filled = fillArgv(spec, params);
  if ('problem' in filled) throw new AxiumError('invalid', filled.problem);
  return { spec, argv: filled.argv };
}

/** The executor's table, or the shipped one where none is installed. One that cannot be trusted is none to fall back from. */
export function readTable(files: FilesNow, { table, shipped }: TablePlaces): ActionTable {
  try {
    return loadTable(files, table);
  } catch (error) {
    if (!(error instanceof AxiumError)) throw error;
    if (error.code !== 'not_found') throw new AxiumError('unavailable', error.message);
    return parseTable(shipped, files.readFileSync(shipped, 'utf8'));
  }
}

function isElsewhere(files: FilesNow, { requires }: ActionSpec): boolean {
  if (requires === undefined) return false;
  try {
    files.lstatSync(requires);
    return false;
  } catch (error) {
    return errno(error) !== '';
  }
}

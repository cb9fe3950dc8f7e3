import { dirname, resolve } from 'node:path';
import type { ActionTable } from '../../schemas/action-table.ts';
import { EXECUTOR } from '../../schemas/executor.ts';
import type { ExecutorPlan } from '../../schemas/executor-plan.ts';
import { AxiumError } from '../errors.ts';
import { groupNumber } from '../executor/peer-tier.ts';
import { strangerAbove, strangerIn } from '../executor/root-owned.ts';
import { loadTable, parseTable } from '../executor/table.ts';
import type { FilesNow } from '../powers.ts';
import { dropInFor } from '../privileged/drop-in.ts';
import { policyFor } from '../privileged/polkit-policy.ts';
import type { Site } from './site.ts';

/** The group of the socket, as the unit has it. */
const GROUP = 'axium';
const UNITS = '/etc/systemd/system';
const SERVICE = 'axium-executor.service';
const SOCKET = 'axium-executor.socket';
const POLICY = '/usr/share/polkit-1/actions/org.axium.executor.policy';

/** What runs as root: the executor, and koffi with its machine code, which is in packages of their own. */
const CODE = ['package.json', 'dist/core', 'node_modules/koffi', 'node_modules/@koromix'];

/**
 * What installing the executor writes, and what speaks against it: code that somebody else than root could change would
 * be theirs to run as root. Below `root` another system lies, as an image that is made. Changes nothing.
 */
export function planExecutor({ powers, packageRoot }: Site, node: string, root: string): ExecutorPlan {
  const { filesNow: files } = powers;
  const read = (name: string) => files.readFileSync(`${packageRoot}/packaging/${name}`, 'utf8');
  const shipped = read('actions.yaml');
  const { table, problem, isThere } = tableNow(files, `${root}${EXECUTOR.table}`, shipped);
  const dropIn = table && dropInFor(table);
  const policy = table && policyFor(table);
  const words = { '{node}': node, '{package}': packageRoot };
  const service = Object.entries(words).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    read(`systemd/${SERVICE}`),
  );
  return {
    files: [
      ...(isThere ? [] : [{ path: EXECUTOR.table, text: shipped }]),
      { path: `${UNITS}/${SERVICE}`, text: service },
      { path: `${UNITS}/${SOCKET}`, text: read(`systemd/${SOCKET}`) },
      { path: `${UNITS}/${SERVICE}.d/50-actions.conf`, text: dropIn },
      { path: POLICY, text: policy },
    ],
    problems: [
      ...(root === '' ? groupProblems(files) : []),
      ...(problem === null ? [] : [problem]),
      ...codeProblems(files, packageRoot, node),
    ],
  };
}

/** The table that counts after the installation. */
function tableNow(
  files: FilesNow,
  path: string,
  shipped: string,
): { readonly table: ActionTable | null; readonly problem: string | null; readonly isThere: boolean } {
  try {
    return { table: loadTable(files, path), problem: null, isThere: true };
  } catch (error) {
    if (!(error instanceof AxiumError)) throw error;
    if (error.code === 'not_found')
      return { table: parseTable(path, shipped), problem: null, isThere: false };
    return { table: null, problem: error.message, isThere: true };
  }
}

function groupProblems(files: FilesNow): readonly string[] {
  const there = groupNumber(files.readFileSync('/etc/group', 'utf8'), GROUP) !== null;
  return there
    ? []
    : [`/etc/group: there is no group '${GROUP}', whose members may ask; run groupadd --system ${GROUP}`];
}

function codeProblems(files: FilesNow, packageRoot: string, node: string): readonly string[] {
  const paths = [node, ...CODE.map((name) => `${packageRoot}/${name}`)];
  const odd = [node, packageRoot].filter((path) => !/^[A-Za-z0-9_@+=:,./-]+$/.test(path));
  const homes = [node, packageRoot].filter((path) => /^\/(?:home|root|run\/user)\//.test(path));
  const strangers = paths.flatMap((path) => firstStranger(files, path) ?? strangerAbove(files, path) ?? []);
  return [
    ...odd.map((path) => `${path}: expected a path of plain characters, since a unit holds it`),
    ...homes.map(
      (path) => `${path}: expected a place outside of home directories, which the unit does not see`,
    ),
    // What is wrong with a directory is wrong with all that is in it.
    ...new Set(strangers),
  ];
}

/** Links of links that are followed. */
const MAX_LINKS = 8;

/** The first file of a tree, and of what links in it lead to, that is not root's alone. */
function firstStranger(files: FilesNow, path: string, links = 0): string | null {
  const stat = files.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    return `${path}: expected to be there; install axium with its optional dependencies`;
  if (stat.isSymbolicLink()) {
    if (stat.uid !== 0) return `${path}: expected a link of root`;
    if (links === MAX_LINKS) return `${path}: expected fewer links`;
    // No directory on the way may be a link itself, so that this is where it leads.
    const target = resolve(dirname(path), files.readlinkSync(path));
    return firstStranger(files, target, links + 1) ?? strangerAbove(files, target);
  }
  const stranger = strangerIn(stat);
  if (stranger !== null) return `${path}: ${stranger}`;
  if (!stat.isDirectory()) return null;
  for (const name of files.readdirSync(path)) {
    const found = firstStranger(files, `${path}/${name}`, links);
    if (found !== null) return found;
  }
  return null;
}

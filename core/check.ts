import * as fs from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DoctorReport } from '../schemas/doctor.ts';
import { homeOf, isStrict, placesFor, spokesPath } from '../schemas/places.ts';
import { chooseContainment } from './jobs/containment.ts';
import { nodePowers } from './node-powers.ts';
import {
  type LoadedOverrides,
  MAX_OVERRIDES_BYTES,
  NO_OVERRIDES,
  parseOverrides,
  remarksFor,
} from './registry/load-overrides.ts';
import type { OverridesState } from './registry/overrides-file.ts';
import { formatProblem, InvalidFile } from './registry/problem.ts';
import { readText } from './registry/read-text.ts';
import { createRights } from './registry/rights.ts';
import { SpokeBook } from './registry/spoke-book.ts';
import { formatRemark, spokePermissions } from './registry/spoke-permissions.ts';
import { spokeRuntime } from './sandbox/spoke-runtime.ts';
import { surveySandboxes } from './sandbox/survey.ts';

/**
 * A one-shot process that the CLI starts to look at the files without a daemon. It changes nothing and prints one line
 * of JSON: `overrides` checks permissions.yaml, `perms` tells what each spoke may do by what the files say now, `doctor`
 * tries every level of confinement that there is.
 */
const powers = { files: fs.promises };
const home = realHome(homeOf(process.env, userInfo().homedir));
const places = placesFor(process.env, home);
const packageRoot = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

const TASKS: Readonly<Record<string, () => Promise<object>>> = {
  overrides: checkOverrides,
  perms: listPermissions,
  doctor,
};

const task = TASKS[process.argv[2] ?? ''];
const answer = task
  ? await task().catch((error: unknown) => ({
      ok: false,
      code: error instanceof InvalidFile ? 'invalid' : 'internal',
      error: error instanceof Error ? error.message : String(error),
    }))
  : { ok: false, code: 'unknown_command', error: `expected one of ${Object.keys(TASKS).join(', ')}` };
process.stdout.write(`${JSON.stringify(answer)}\n`);

async function checkOverrides(): Promise<object> {
  try {
    const { warnings } = await readOverrides();
    return { ok: true, problems: [], warnings: [...warnings.values()].flat().map(formatRemark) };
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return { ok: false, problems: error.problems.map(formatProblem), warnings: [] };
  }
}

async function listPermissions(): Promise<object> {
  const strict = isStrict(process.env);
  const overrides = strict ? NO_OVERRIDES : await readOverrides();
  const state: OverridesState = { inForce: overrides, pending: null, problems: [] };
  const book = await SpokeBook.open({
    powers,
    configFile: places.configFile,
    roots: [places.spokesDirectory, ...spokesPath(process.env)],
    bundledRoot: `${packageRoot}/spokes`,
    home,
  });
  const guard = { neverWrite: [], home };
  const rights = createRights({ strict, guard: () => guard, overrides: () => state });
  const spokes = book.list().map((spoke) => {
    const [policy] = rights.of(spoke).policies;
    const remarks = remarksFor(overrides, spoke.manifest.name);
    return spokePermissions({
      spoke,
      policy,
      level: 'not running',
      permissionsFile: places.permissionsFile,
      remarks,
    });
  });
  return { ok: true, spokes };
}

async function doctor(): Promise<DoctorReport & { ok: true }> {
  const silent = () => {};
  const powers = nodePowers(process, { info: silent, warn: silent, error: silent });
  const run = await powers.files.mkdtemp(`${tmpdir()}/axium-doctor-`);
  try {
    const runtime = spokeRuntime(fs.realpathSync(process.execPath), process.allowedNodeEnvironmentFlags);
    const survey = { powers, runtime, packageRoot, run, architecture: process.arch, skip: [] };
    const { reports, best } = await surveySandboxes(survey, { all: true });
    const held = await chooseContainment(powers, { uid: powers.uid, run, readOnly: [] });
    return { ok: true, levels: reports, best: best.level, commands: held.containment, node: process.version };
  } finally {
    await powers.files.rm(run, { recursive: true, force: true });
  }
}

async function readOverrides(): Promise<LoadedOverrides> {
  const read = await readText(powers.files, places.permissionsFile, {
    maxBytes: MAX_OVERRIDES_BYTES,
    follow: true,
  });
  return read === null
    ? NO_OVERRIDES
    : parseOverrides(places.permissionsFile, read.text, { home, env: process.env });
}

function realHome(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}

import * as fs from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DoctorReport, LevelReport } from '../schemas/doctor.ts';
import { homeOf, placesFor } from '../schemas/places.ts';
import { readLog } from './audit/read-log.ts';
import { verifyChain } from './audit/verify-chain.ts';
import { can, canAll, type Questions } from './check/can.ts';
import { listSudoers, verifyExecutor } from './check/executor.ts';
import { planExecutor } from './check/executor-plan.ts';
import { lint } from './check/lint.ts';
import { type PlanQuestion, plan } from './check/plan.ts';
import { openSite, overridesThatCount, type Site } from './check/site.ts';
import { type TryQuestion, tryCandidate } from './check/try.ts';
import { type UnusedQuestion, unusedRights } from './check/unused.ts';
import { containCommands } from './contain-commands.ts';
import { AxiumError } from './errors.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { nodePowers, stripsTypes } from './node-powers.ts';
import type { Powers } from './powers.ts';
import type { Question } from './question.ts';
import { hostPolicyFile, ROOT_ALONE, readHostPolicy, stateAtFirst } from './registry/host-policy-file.ts';
import { loadConfig } from './registry/load-config.ts';
import { remarksFor } from './registry/load-overrides.ts';
import { formatProblem, InvalidFile } from './registry/problem.ts';
import { spokePermissions } from './registry/spoke-permissions.ts';
import { WORKER_NOTE } from './sandbox/choose.ts';
import { spokeRuntime } from './sandbox/spoke-runtime.ts';
import { surveySandboxes } from './sandbox/survey.ts';

/**
 * A one-shot process that the CLI starts to look at the files without a daemon. It changes nothing and prints one line
 * of JSON; what is asked further comes as JSON on standard input. `config` checks config.yaml, `perms` tells what each
 * spoke may do by what the files say now, `can` and `answers` what would be decided, `plan` what another text of
 * permissions.yaml would change, `try` what it would have, `lint` what it does not do, `unused` which rights nothing has
 * used, `doctor` tries every level of confinement that there is, `audit` checks the chain of the audit log,
 * `executor` that of the executor and both against each other, `sudoers` lists rules for sudo,
 * `executor-plan` tells what installing the executor writes.
 */
closeInheritedDescriptors(fs, -1);

const powers = { files: fs.promises, uid: process.getuid?.() ?? -1, stripsTypes: stripsTypes(process) };
const home = realHome(homeOf(process.env, () => userInfo().homedir));
const places = placesFor(process.env, home);
const packageRoot = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

const hostPolicy = { file: hostPolicyFile(process.argv, process.getuid?.()), owners: ROOT_ALONE };
const site = (): Site => ({ powers: silentPowers(), places, home, packageRoot, hostPolicy });

const TASKS: Readonly<Record<string, () => Promise<object>>> = {
  config: checkConfig,
  perms: listPermissions,
  lint: () => lint(site()),
  try: async () => tryCandidate(site(), (await readInput()) as TryQuestion),
  unused: async () => ({ ok: true, ...(await unusedRights(site(), (await readInput()) as UnusedQuestion)) }),
  answers: async () => ({ ok: true, answers: await canAll(site(), (await readInput()) as Questions) }),
  plan: async () => plan(site(), (await readInput()) as PlanQuestion),
  can: async () => ({ ok: true, answer: await can(site(), (await readInput()) as Question) }),
  doctor,
  audit: verifyAudit,
  executor: () => verifyExecutor(site(), process.argv[3]),
  'executor-plan': async () => ({
    ok: true,
    ...planExecutor(site(), fs.realpathSync(process.execPath), process.argv[3] ?? ''),
  }),
  sudoers: () => listSudoers(site(), process.argv[3] ?? ''),
};

const task = TASKS[process.argv[2] ?? ''];
const answer = task
  ? await task().catch((error: unknown) => ({
      ok: false,
      code:
        error instanceof InvalidFile ? 'invalid_file' : error instanceof AxiumError ? error.code : 'internal',
      error: error instanceof Error ? error.message : String(error),
    }))
  : { ok: false, code: 'unknown_command', error: `expected one of ${Object.keys(TASKS).join(', ')}` };
process.stdout.write(`${JSON.stringify(answer)}\n`);

/** As the daemon does at its start, which also judges whose file it is. */
async function checkConfig(): Promise<object> {
  await loadConfig(powers, places.configFile, await readHost());
  return { ok: true };
}

async function listPermissions(): Promise<object> {
  const open = await openSite(site());
  const { book } = open;
  const overrides = await overridesThatCount(open);
  const rights = open.rightsUnder(overrides);
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

/** Checks the chain of the audit log, against a head that was kept where one is given: its number, a blank, its hash. */
async function verifyAudit(): Promise<object> {
  const [seq, hash] = (process.argv[3] ?? '').split(' ');
  const kept = hash === undefined ? null : { seq: Number(seq), hash };
  return { ok: true, verdict: await verifyChain(readLog(powers.files, places.auditLog), kept) };
}

async function doctor(): Promise<DoctorReport & { ok: true }> {
  const powers = silentPowers();
  const run = await powers.files.mkdtemp(`${tmpdir()}/axium-doctor-`);
  try {
    const node = fs.realpathSync(process.execPath);
    const runtime = spokeRuntime(node, process.allowedNodeEnvironmentFlags, packageRoot);
    const survey = { powers, runtime, packageRoot, run, architecture: process.arch, skip: [] };
    const { reports, best } = await surveySandboxes(survey, { all: true });
    const held = await containCommands(powers, {
      places: { ...places, run },
      home,
      architecture: process.arch,
      packageRoot,
      spokeDirectories: () => [],
    });
    const levels = await withWorkers(reports);
    return {
      ok: true,
      levels,
      best: best.level,
      commands: held.containment,
      scoped: held.confine !== undefined,
      node: process.version,
      policy: await judgeHostPolicy(),
    };
  } finally {
    await powers.files.rm(run, { recursive: true, force: true });
  }
}

function silentPowers(): Powers {
  const silent = () => {};
  return nodePowers(process, { info: silent, warn: silent, error: silent });
}

/** The question, as JSON on standard input: it can be longer than an argument, and is nobody else's to see. */
async function readInput(): Promise<unknown> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

/** How the policy of this host stands: whether there is one, and whether a daemon would take it. */
async function judgeHostPolicy(): Promise<DoctorReport['policy']> {
  const { file } = hostPolicy;
  const look = await lookAtHost();
  if ('foreign' in look) return { file, standing: 'ignored', problems: [formatProblem(look.foreign)] };
  if ('problems' in look) return { file, standing: 'invalid', problems: look.problems.map(formatProblem) };
  return { file, standing: look.policy === null ? 'none' : 'in force', problems: [] };
}

/** The levels, and at the lowest why there are spokes that run at it though the host could confine them. */
async function withWorkers(levels: readonly LevelReport[]): Promise<readonly LevelReport[]> {
  // A broken config.yaml is the daemon's to tell of; it says nothing of this host.
  const config = await loadConfig(powers, places.configFile, await readHost()).catch(() => null);
  const workers = Object.entries(config?.sandbox.spokes ?? {}).filter(
    ([, { isolation }]) => isolation === 'worker',
  );
  if (workers.length === 0) return levels;
  const problem = `spoke ${workers.map(([name]) => name).join(', ')}: ${WORKER_NOTE}`;
  return levels.map((report) => (report.level === 'none' ? { ...report, problem } : report));
}

async function readHost() {
  return stateAtFirst(await lookAtHost());
}

function lookAtHost() {
  return readHostPolicy({ powers, home, ...hostPolicy });
}

function realHome(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}

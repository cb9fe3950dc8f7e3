import type { Server } from 'node:net';
import { LEVELS } from '../../schemas/config.ts';
import type { LevelReport } from '../../schemas/doctor.ts';
import { AxiumError } from '../errors.ts';
import { BWRAP, PERL, requireProgram } from '../host-programs.ts';
import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';
import { createFilterFile } from './filter-file.ts';
import { hintFor } from './hints.ts';
import { kernelSandbox } from './kernel.ts';
import { plainSandbox } from './plain.ts';
import { type CanaryTargets, runCanary } from './probe.ts';
import { NOT_PROMISED } from './promises.ts';
import type { Level, Runtime, Sandbox } from './sandbox.ts';
import { seatbeltSandbox } from './seatbelt.ts';
import { assembleFilter, isArchitecture } from './seccomp/assemble.ts';
import { spokePolicy } from './seccomp/spoke-policy.ts';
import { sharedLibraries } from './shared-libraries.ts';
import { strongSandbox } from './strong.ts';

export interface SurveyInput {
  readonly powers: Powers;
  readonly runtime: Runtime;
  /** Where Axium is installed: the launcher and the canary are there. */
  readonly packageRoot: string;
  /** A directory of the daemon's own, for the canary's targets. */
  readonly run: string;
  readonly architecture: string;
  /** Levels not to try. */
  readonly skip: readonly Level[];
}

export interface Survey {
  readonly reports: readonly LevelReport[];
  /** The strongest level that keeps its promise, ready to start spokes. */
  readonly best: Sandbox;
}

/**
 * Finds out how well spokes can be confined here: never by version numbers, always by running the canary on the very
 * command line that spokes get. Stops at the first level that holds, unless all are asked for.
 */
export async function surveySandboxes(
  input: SurveyInput,
  { all }: { readonly all: boolean },
): Promise<Survey> {
  const reports: LevelReport[] = [];
  let best: Sandbox | null = null;
  await withTargets(input, async (targets) => {
    for (const level of LEVELS.filter((one) => !input.skip.includes(one))) {
      if (best !== null && !all) break;
      const { report, sandbox } = await tryLevel(input, level, targets);
      reports.push(report);
      if (report.holds) best ??= sandbox;
    }
  });
  return { reports, best: best ?? plainSandbox(input.powers, input.runtime) };
}

async function tryLevel(input: SurveyInput, level: Level, targets: CanaryTargets) {
  const unavailable = (problem: string) => ({
    report: { level, holds: false, open: [], problem, hint: hintFor(problem) },
    sandbox: null,
  });
  try {
    const build = await BUILDERS[level](input);
    const sandbox = build(input.runtime);
    // Once as spokes run, and once without Node's own model, so that the kernel's part is seen to hold by itself.
    const bare =
      level === 'seatbelt' || level === 'none'
        ? null
        : build({ ...input.runtime, permissionFlags: () => [] });
    const directory = `${input.packageRoot}/spokes/canary`;
    const run = (tried: Sandbox) => runCanary(tried, { clock: input.powers.clock, directory, targets });
    const found = await Promise.all([sandbox, bare].filter((one) => one !== null).map(run));
    const failed = found.find((report) => 'failure' in report);
    if (failed && 'failure' in failed) return unavailable(failed.failure);
    const open = [...new Set(found.flatMap((report) => ('open' in report ? report.open : [])))];
    const broken = level === 'none' ? [] : open.filter((what) => !NOT_PROMISED[level].has(what));
    const problem = broken.length === 0 ? null : `the canary could ${broken.join(', ')}`;
    return { report: { level, holds: broken.length === 0, open, problem, hint: null }, sandbox };
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
}

type Build = (runtime: Runtime) => Sandbox;

/** What the launcher tries in vain before it starts a spoke: a file that every user may read and no spoke. */
const READABLE_BY_ALL = '/etc/passwd';

/** How each level's sandbox is made, given a runtime. Throws where this host lacks what it needs. */
const BUILDERS: Readonly<Record<Level, (input: SurveyInput) => Promise<Build>>> = {
  async strong({ powers, runtime, run, architecture }) {
    await requireProgram(powers, BWRAP);
    const [libraries, disableUserns] = await Promise.all([
      sharedLibraries(powers, runtime.node),
      bwrapKnows(powers, '--disable-userns'),
    ]);
    const filter = createFilterFile(
      powers,
      run,
      assembleFilter(spokePolicy({ hasPidNamespace: true }), knownArchitecture(architecture)),
    );
    return (given) => strongSandbox({ powers, runtime: given, libraries, filter, disableUserns });
  },
  async kernel({ powers, runtime, run, packageRoot, architecture }) {
    await requireProgram(powers, PERL);
    const libraries = await sharedLibraries(powers, runtime.node);
    const known = knownArchitecture(architecture);
    const policy = assembleFilter(spokePolicy({ hasPidNamespace: false }), known);
    const common = {
      ...{ powers, libraries, architecture: known },
      filter: createFilterFile(powers, run, policy),
      launcher: `${packageRoot}/core/sandbox/launch.pl`,
      forbidden: READABLE_BY_ALL,
    };
    return (given) => kernelSandbox({ ...common, runtime: given });
  },
  async seatbelt({ powers, runtime }) {
    if (runtime.permissionFlags([]).length === 0)
      throw new AxiumError('unavailable', 'this Node has no permission model');
    return (given) => seatbeltSandbox(powers, given);
  },
  async none({ powers }) {
    return (given) => plainSandbox(powers, given);
  },
};

function knownArchitecture(architecture: string) {
  if (isArchitecture(architecture)) return architecture;
  throw new AxiumError('unavailable', `there is no seccomp filter for the architecture ${architecture}`);
}

async function bwrapKnows(powers: Powers, flag: string): Promise<boolean> {
  const command = runCommand(powers, {
    argv: [BWRAP, '--help'],
    env: {},
    cwd: '/',
    limits: { timeoutMs: 10_000, maxOutput: 65_536 },
  });
  await command.finished;
  return command.stdout().includes(flag);
}

/** Things to reach for, which are there only while the canary is tried. */
async function withTargets(
  input: SurveyInput,
  use: (targets: CanaryTargets) => Promise<void>,
): Promise<void> {
  const { powers, run } = input;
  const name = powers.randomHex(8);
  const [secret, unixSocket, abstractSocket] = [
    `${run}/canary-${name}`,
    `${run}/canary-${name}.sock`,
    `axium-canary-${name}`,
  ];
  await powers.files.writeFile(secret, 'a canary must not read this\n', { mode: 0o600 });
  const servers: Server[] = [];
  try {
    for (const at of [unixSocket, `\0${abstractSocket}`, { port: 0 }]) servers.push(await powers.listen(at));
    const address = servers[2]?.address();
    const tcpPort = address && typeof address === 'object' ? address.port : 0;
    await use({ secret, unixSocket, abstractSocket, tcpPort, daemon: powers.pid });
  } finally {
    for (const server of servers) server.close();
    await powers.files.rm(secret, { force: true });
  }
}

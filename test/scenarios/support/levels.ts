import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { BWRAP, PERL } from '../../../core/host-programs.ts';
import { nodePowers } from '../../../core/node-powers.ts';
import type { Powers } from '../../../core/powers.ts';
import { createFilterFile } from '../../../core/sandbox/filter-file.ts';
import { kernelSandbox } from '../../../core/sandbox/kernel.ts';
import { permissionFlagsFor } from '../../../core/sandbox/permission-flags.ts';
import { plainSandbox } from '../../../core/sandbox/plain.ts';
import type { Level, Runtime, Sandbox } from '../../../core/sandbox/sandbox.ts';
import { seatbeltSandbox } from '../../../core/sandbox/seatbelt.ts';
import { assembleFilter, isArchitecture } from '../../../core/sandbox/seccomp/assemble.ts';
import { spokePolicy } from '../../../core/sandbox/seccomp/spoke-policy.ts';
import { sharedLibraries } from '../../../core/sandbox/shared-libraries.ts';
import { strongSandbox } from '../../../core/sandbox/strong.ts';
import type { RuntimeName } from '../../../schemas/manifest.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { spokeNode, spokeNodeFlags } from './spoke-node.ts';

export const PACKAGE_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The real powers of this process, its clock included; what they log is dropped. */
export function realPowers(): Powers {
  return nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
}

/** One way to run a spoke: a level, with Node's permission model or with the kernel's part alone. */
export interface Confinement {
  readonly level: Level;
  readonly permissionModel: boolean;
  /** In a process that was started before there was a spoke for it. */
  readonly ahead?: true;
}

export const PLAIN: Confinement = { level: 'none', permissionModel: false };

/** The levels that hold, and each of them once without Node's model, which could hide a hole in the kernel's part. */
export const HOLDING: readonly Confinement[] = [
  { level: 'kernel', permissionModel: true },
  { level: 'kernel', permissionModel: false },
  { level: 'strong', permissionModel: true },
  { level: 'strong', permissionModel: false },
];

/** The levels that hold what is not Node: its permission model has no part in that. */
export const HOLDING_PROGRAMS: readonly Confinement[] = HOLDING.filter(
  ({ permissionModel }) => !permissionModel,
);

export function describeConfinement({ level, permissionModel, ahead }: Confinement): string {
  if (level === 'none') return 'in a plain child';
  const started = ahead ? ', started ahead' : '';
  return permissionModel ? `at ${level}${started}` : `at ${level} without the permission model${started}`;
}

/** What a level needs of this machine and does not find; null where it has all. */
export function missingFor(level: Level): string | null {
  if (level === 'strong' && !existsSync(BWRAP)) return `${BWRAP} is not installed`;
  if (level === 'kernel' && !existsSync(PERL)) return `${PERL} is not installed`;
  if (level !== 'none' && !isArchitecture(process.arch)) return `there is no filter for ${process.arch}`;
  return null;
}

/** Why there is nothing here to run such a spoke with; null where there is. */
export function missingProgram(runtime: RuntimeName): string | null {
  if (runtime !== 'python' || existsSync('/usr/bin/python3') || existsSync('/usr/local/bin/python3'))
    return null;
  return 'python3 is not installed';
}

/** What the programs say on hosts whose kernel lacks a part. Any other failure to start is a defect of ours. */
const HOST_LACKS =
  /No permissions to creat(?:e|ing) new namespace|setting up uid map|max_\w*namespaces|landlock version/;

/** True where a sandbox could not be started because of the host, by what it said. */
export function hostLacks(said: string): boolean {
  return HOST_LACKS.test(said);
}

export function testRuntime(permissionModel = true): Runtime {
  return {
    node: spokeNode(),
    directory: `${PACKAGE_ROOT}dist/spokes/runtime`,
    python: `${PACKAGE_ROOT}spokes/runtime/python`,
    permissionFlags: permissionModel ? permissionFlagsFor(spokeNodeFlags()) : () => [],
  };
}

/** The real sandbox of a level, as the daemon builds it. Its filter file is closed when the test ends. */
export async function buildSandbox(
  { level, permissionModel }: Confinement,
  powers: Powers = realPowers(),
  runtime: Runtime = testRuntime(permissionModel),
): Promise<Sandbox> {
  if (level === 'none') return plainSandbox(powers, runtime);
  if (level === 'seatbelt') return seatbeltSandbox(powers, runtime);
  if (!isArchitecture(process.arch)) throw new Error(`there is no filter for ${process.arch}`);
  const libraries = await sharedLibraries(powers, runtime.node);
  const policy = spokePolicy({ hasPidNamespace: level === 'strong' });
  const filter = createFilterFile(powers, makeTemporaryDirectory(), assembleFilter(policy, process.arch));
  onTestFinished(() => filter.close());
  if (level === 'strong') return strongSandbox({ powers, runtime, libraries, filter, disableUserns: true });
  const launcher = `${PACKAGE_ROOT}core/sandbox/launch.pl`;
  const { arch: architecture } = process;
  return kernelSandbox({
    ...{ powers, runtime, libraries, filter, architecture, launcher },
    forbidden: '/etc/passwd',
  });
}

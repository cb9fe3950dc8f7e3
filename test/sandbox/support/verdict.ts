import { assembleFilter } from '../../../core/sandbox/seccomp/assemble.ts';
import { type Architecture, SYSCALLS } from '../../../core/sandbox/seccomp/numbers.ts';
import type { CallPolicy } from '../../../core/sandbox/seccomp/policy.ts';
import { AUDIT, simulateFilter } from './simulate-filter.ts';

/** What a policy answers to a call by its name; null where the architecture has no such call. */
export type Ask = (call: string, values?: readonly (number | bigint)[]) => string | null;

export const ARCHITECTURES: readonly Architecture[] = ['x64', 'arm64'];

export function askFilter(policy: CallPolicy, architecture: Architecture): Ask {
  const program = assembleFilter(policy, architecture);
  return (call, values = []) => {
    const number = SYSCALLS[architecture][call];
    return number === undefined
      ? null
      : simulateFilter(program, { number, architecture: AUDIT[architecture], arguments: values });
  };
}

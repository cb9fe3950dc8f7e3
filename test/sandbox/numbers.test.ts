import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMAND_POLICY } from '../../core/sandbox/seccomp/command-policy.ts';
import { type Architecture, SYSCALLS } from '../../core/sandbox/seccomp/numbers.ts';
import { spokePolicy } from '../../core/sandbox/seccomp/spoke-policy.ts';

const HEADERS: Readonly<Record<Architecture, readonly string[]>> = {
  x64: ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'],
  arm64: ['/usr/include/asm-generic/unistd.h'],
};

/** Every number that a header defines, also by way of another name in it. */
function numbersIn(header: string): ReadonlyMap<string, number> {
  const defined = new Map(
    [...header.matchAll(/^#define (__NR\w+)\s+(\w+)/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const resolve = (value: string | undefined): number => {
    if (value === undefined) return Number.NaN;
    return /^\d+$/.test(value) ? Number(value) : resolve(defined.get(value));
  };
  return new Map([...defined].map(([name, value]) => [name.replace(/^__NR_/, ''), resolve(value)] as const));
}

describe.each(['x64', 'arm64'] as const)('the numbers of the calls on %s', (architecture) => {
  it("are those of the kernel's headers", (ctx) => {
    const header = HEADERS[architecture].find((path) => existsSync(path));
    if (header === undefined) return ctx.skip('the kernel headers (linux-libc-dev) are not installed');
    const theirs = numbersIn(readFileSync(header, 'utf8'));
    const ours = Object.entries(SYSCALLS[architecture]).filter(([name]) => theirs.has(name));
    expect(ours.length).toBeGreaterThan(250);
    expect(ours.filter(([name, number]) => theirs.get(name) !== number)).toEqual([]);
  });

  it('are each of one call', () => {
    const numbers = Object.values(SYSCALLS[architecture]);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe.each([
  { whose: 'a spoke', policy: spokePolicy({ hasPidNamespace: true }) },
  { whose: 'a spoke without a pid namespace', policy: spokePolicy({ hasPidNamespace: false }) },
  { whose: 'a command', policy: COMMAND_POLICY },
])('the policy of $whose', ({ policy }) => {
  it('names no call that there is not, since a slip would be passed over in silence', () => {
    const named = policy.groups.flatMap(({ calls }) => calls);
    const known = new Set([...Object.keys(SYSCALLS.x64), ...Object.keys(SYSCALLS.arm64)]);
    expect(named.filter((call) => !known.has(call))).toEqual([]);
  });

  it('gives a reason for each of its groups', () => {
    expect(policy.groups.filter(({ why }) => why.trim() === '')).toEqual([]);
  });
});

// Writes core/sandbox/seccomp/numbers.ts from the kernel headers of this machine (linux-libc-dev). Needs a C
// preprocessor, since the numbers of arm64 are written as macros upon macros. Run by hand when new calls are needed.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const ARM64_WANTS = [
  '__ARCH_WANT_RENAMEAT',
  '__ARCH_WANT_NEW_STAT',
  '__ARCH_WANT_SET_GET_RLIMIT',
  '__ARCH_WANT_TIME32_SYSCALLS',
  '__ARCH_WANT_SYS_CLONE3',
  '__ARCH_WANT_MEMFD_SECRET',
];

const sources = {
  x64: '#include <asm/unistd_64.h>\n',
  arm64: [
    ...ARM64_WANTS.map((name) => `#define ${name}`),
    '#define __BITS_PER_LONG 64',
    '#define __ASM_GENERIC_BITS_PER_LONG',
    '#include <asm-generic/unistd.h>',
    '',
  ].join('\n'),
};

/** Calls that are younger than the headers of some distributions. Since then a call has one number everywhere. */
const YOUNGER = [['fchmodat2', 452]];

/** Every `__NR_name` that a source defines, as a number. */
function numbersOf(source) {
  const macros = execFileSync('cpp', ['-dM', '-P', '-'], { input: source, encoding: 'utf8' });
  const values = new Map(
    [...macros.matchAll(/^#define (__NR\w+)\s+(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );
  const resolve = (value, depth = 0) =>
    /^\d+$/.test(value)
      ? Number(value)
      : depth < 8 && values.has(value)
        ? resolve(values.get(value), depth + 1)
        : null;
  const named = [...values.keys()].filter(
    (name) => name.startsWith('__NR_') && !name.startsWith('__NR_syscall'),
  );
  const pairs = named.map((name) => [name.slice('__NR_'.length), resolve(values.get(name))]);
  const known = pairs.filter(([, number]) => number !== null);
  const younger = YOUNGER.filter(([name]) => known.every(([other]) => other !== name));
  return [...known, ...younger].sort(([, one], [, other]) => one - other);
}

const tables = Object.entries(sources).map(([arch, source]) => {
  const lines = numbersOf(source).map(([name, number]) => `    ${name}: ${number},`);
  return `  ${arch}: {\n${lines.join('\n')}\n  },`;
});
const text = `// Made by packaging/generate-syscall-numbers.mjs from the kernel's headers; not written by hand.

export type Architecture = 'x64' | 'arm64';

/** The number of each system call, by architecture. */
export const SYSCALLS: Readonly<Record<Architecture, Readonly<Record<string, number>>>> = {
${tables.join('\n')}
};
`;
writeFileSync(new URL('../core/sandbox/seccomp/numbers.ts', import.meta.url), text);

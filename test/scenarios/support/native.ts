import { copyFileSync, existsSync } from 'node:fs';
import { SYSCALLS } from '../../../core/sandbox/seccomp/numbers.ts';
import type { Attack } from './attack.ts';
import { type Confinement, PACKAGE_ROOT } from './levels.ts';

const KOFFI = `${PACKAGE_ROOT}node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;

/** Node's model keeps native modules out, so that only the kernel's part is left to be tested. */
const BARE: readonly Confinement[] = [
  { level: 'kernel', permissionModel: false },
  { level: 'strong', permissionModel: false },
];

/**
 * What every attack in native code has in common: the spoke brings a module that makes system calls. Its `call(name,
 * ...arguments)` throws an error whose code is the name of the errno; it makes one harmless call first, so that an attack
 * is never refused only because the module did not work.
 */
export function native(attack: Omit<Attack, 'at' | 'files' | 'impossible'>): Attack {
  return {
    ...attack,
    at: BARE,
    files: { 'native.mjs': NATIVE },
    impossible: () => (existsSync(KOFFI) ? null : `there is no koffi for ${process.arch} here`),
    async aim(directory) {
      copyFileSync(KOFFI, `${directory}/attacker/koffi.node`);
      const { target, harmed } = (await attack.aim?.(directory)) ?? { target: {} };
      return harmed ? { target, harmed } : { target };
    },
  };
}

const NATIVE = `
import { createRequire } from 'node:module';
const koffi = createRequire(import.meta.url)('./koffi.node');
const libc = koffi.load('libc.so.6');
const syscall = libc.func('long syscall(long, ...)');
const NUMBERS = ${JSON.stringify(SYSCALLS[process.arch as keyof typeof SYSCALLS] ?? {})};
const ERRNO_NAMES = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
const POINTER = new Set(['object', 'string']);
export function call(name, ...values) {
  const typed = values.flatMap((value) => [POINTER.has(typeof value) ? 'void *' : 'long', value]);
  const result = syscall(NUMBERS[name], ...typed);
  // At once: whatever the engine does next may set another.
  const number = result === -1 ? koffi.errno() : 0;
  if (number === 0) return result;
  throw Object.assign(new Error(name), { code: ERRNO_NAMES.get(number) });
}
// The first calls have the engine compile and look things up in between.
for (let warmUp = 0; warmUp < 20; warmUp += 1) {
  try {
    call('close', -1);
  } catch {}
}
if (call('getpid') !== process.pid) throw new Error('the native module does not work');
`;

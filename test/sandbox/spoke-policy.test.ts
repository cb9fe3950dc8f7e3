import { describe, expect, it } from 'vitest';
import { assembleFilter } from '../../core/sandbox/seccomp/assemble.ts';
import { SYSCALLS } from '../../core/sandbox/seccomp/numbers.ts';
import { OWN_PID } from '../../core/sandbox/seccomp/policy.ts';
import { spokePolicy } from '../../core/sandbox/seccomp/spoke-policy.ts';
import { AUDIT, simulateFilter } from './support/simulate-filter.ts';
import { ARCHITECTURES, askFilter } from './support/verdict.ts';

const [AT_FDCWD, PATH] = [-100, 0x7fff_0000_0000n];
const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, TRUNC: 0o1000, APPEND: 0o2000, TMPFILE: 0o20200000 };
const SAFE = { O_CLOEXEC: 0o2000000, O_NONBLOCK: 0o4000, O_DIRECTORY: 0o200000 };
const CLONE = {
  VM: 0x100,
  FILES: 0x400,
  SIGHAND: 0x800,
  THREAD: 0x10000,
  NEWNS: 0x20000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
};
const THREAD = CLONE.VM | CLONE.FILES | CLONE.SIGHAND | CLONE.THREAD;
const SIGCHLD = 17;
const [TIOCSTI, TIOCLINUX, FIONBIO, TCGETS, FIOSETOWN] = [0x5412, 0x541c, 0x5421, 0x5401, 0x8901];
const PR = {
  SET_PDEATHSIG: 1,
  SET_DUMPABLE: 4,
  SET_NAME: 15,
  SET_SECCOMP: 22,
  SET_MM: 35,
  SET_PTRACER: 0x59616d61,
};
const [F_GETFD, F_SETFD, F_SETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX] = [1, 2, 4, 8, 10, 15];
const HIGH_BITS = 0xffff_ffff_0000_0000n;

type Row = readonly [call: string, values: readonly (number | bigint)[], answer: string, what?: string];

/** The same with a pid namespace and without. */
const ALWAYS: readonly Row[] = [
  ['read', [3], 'allow'],
  ['write', [3], 'allow'],
  ['mmap', [0], 'allow'],
  ['futex', [0], 'allow'],
  ['epoll_pwait', [4], 'allow'],
  ['openat', [AT_FDCWD, PATH, O.RDONLY | SAFE.O_CLOEXEC], 'allow', 'to read'],
  ['openat', [AT_FDCWD, PATH, SAFE.O_DIRECTORY | SAFE.O_NONBLOCK | SAFE.O_CLOEXEC], 'allow', 'a directory'],
  ['openat', [AT_FDCWD, PATH, O.WRONLY], 'EACCES', 'to write'],
  ['openat', [AT_FDCWD, PATH, O.RDWR], 'EACCES', 'to read and write'],
  ['openat', [AT_FDCWD, PATH, O.RDWR | O.CREAT], 'EACCES', 'to create'],
  ['openat', [AT_FDCWD, PATH, O.CREAT], 'EACCES', 'to read, and create'],
  ['openat', [AT_FDCWD, PATH, O.TRUNC], 'EACCES', 'to read, and truncate'],
  ['openat', [AT_FDCWD, PATH, O.WRONLY | O.APPEND], 'EACCES', 'to append'],
  ['openat', [AT_FDCWD, PATH, O.TMPFILE | O.RDWR], 'EACCES', 'a file without a name'],
  [
    'openat',
    [AT_FDCWD, PATH, HIGH_BITS | BigInt(O.RDWR)],
    'EACCES',
    'to write, with bits that nobody looks at',
  ],
  ['open', [PATH, O.RDONLY], 'allow', 'to read'],
  ['open', [PATH, O.WRONLY], 'EACCES', 'to write'],
  ['open', [PATH, O.CREAT], 'EACCES', 'to create'],
  ['creat', [PATH], 'EACCES'],
  ['openat2', [AT_FDCWD, PATH], 'ENOSYS', 'whose flags lie in memory'],
  ['clone', [THREAD], 'allow', 'a thread'],
  ['clone', [SIGCHLD], 'EPERM', 'a process'],
  ['clone', [CLONE.VM | SIGCHLD], 'EPERM', 'a process in the same memory'],
  ['clone', [HIGH_BITS | BigInt(SIGCHLD)], 'EPERM', 'a process, with bits that nobody looks at'],
  ...Object.entries(CLONE)
    .filter(([name]) => name.startsWith('NEW'))
    .flatMap(([name, flag]): Row[] => [
      ['clone', [THREAD | flag], 'EPERM', `a thread with ${name}`],
      ['clone', [SIGCHLD | flag], 'EPERM', `a process with ${name}`],
    ]),
  ['clone3', [PATH], 'ENOSYS', 'whose flags lie in memory'],
  ['fork', [], 'EPERM'],
  ['vfork', [], 'EPERM'],
  ['execve', [PATH], 'allow', 'Node itself is started so'],
  ['execveat', [AT_FDCWD, PATH], 'EPERM'],
  ['socket', [1, 1, 0], 'EACCES', 'unix'],
  ['socket', [2, 1, 0], 'EACCES', 'inet'],
  ['socket', [16, 3, 0], 'EACCES', 'netlink'],
  ['socket', [40, 1, 0], 'EACCES', 'vsock'],
  ...['socketpair', 'connect', 'bind', 'listen', 'accept', 'accept4'].map(
    (call): Row => [call, [], 'EACCES'],
  ),
  ['ioctl', [0, FIONBIO], 'allow', 'FIONBIO'],
  ['ioctl', [0, TCGETS], 'allow', 'TCGETS'],
  ['ioctl', [0, TIOCSTI], 'ENOTTY', 'TIOCSTI'],
  ['ioctl', [0, HIGH_BITS | BigInt(TIOCSTI)], 'ENOTTY', 'TIOCSTI, with bits that nobody looks at'],
  ['ioctl', [0, TIOCLINUX], 'ENOTTY', 'TIOCLINUX'],
  ['ioctl', [0, FIOSETOWN], 'ENOTTY', 'FIOSETOWN, by which the kernel sends signals'],
  ['fcntl', [3, F_GETFD], 'allow', 'F_GETFD'],
  ['fcntl', [3, F_SETFD], 'allow', 'F_SETFD'],
  ['fcntl', [3, F_SETFL], 'allow', 'F_SETFL'],
  ['fcntl', [3, F_SETOWN], 'EPERM', 'F_SETOWN, by which the kernel sends signals'],
  ['fcntl', [3, F_SETSIG], 'EPERM', 'F_SETSIG, by which the kernel sends signals'],
  ['fcntl', [3, F_SETOWN_EX], 'EPERM', 'F_SETOWN_EX, by which the kernel sends signals'],
  ['prctl', [PR.SET_NAME], 'allow', 'SET_NAME'],
  ['prctl', [PR.SET_PDEATHSIG], 'EPERM', 'SET_PDEATHSIG'],
  ['prctl', [PR.SET_DUMPABLE], 'EPERM', 'SET_DUMPABLE'],
  ['prctl', [PR.SET_SECCOMP], 'EPERM', 'SET_SECCOMP'],
  ['prctl', [PR.SET_MM], 'EPERM', 'SET_MM'],
  ['prctl', [PR.SET_PTRACER], 'EPERM', 'SET_PTRACER'],
  ['prlimit64', [0], 'allow', 'of itself'],
  ['prlimit64', [1], 'EPERM', 'of another'],
  ['setrlimit', [], 'EPERM'],
  ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_open', 'pidfd_getfd', 'kcmp'].map(
    (call): Row => [call, [], 'EPERM'],
  ),
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register'].map((call): Row => [call, [], 'ENOSYS']),
  ...['unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'keyctl', 'add_key', 'request_key', 'bpf'].map(
    (call): Row => [call, [], 'EPERM'],
  ),
  ...['userfaultfd', 'perf_event_open', 'memfd_create', 'seccomp', 'setuid', 'setgid', 'capset'].map(
    (call): Row => [call, [], 'EPERM'],
  ),
  ...['mkdirat', 'unlinkat', 'renameat2', 'linkat', 'symlinkat', 'fchmodat', 'ftruncate', 'fallocate'].map(
    (call): Row => [call, [], 'EACCES'],
  ),
  ['tkill', [OWN_PID], 'EPERM', 'which knows no process'],
  ['setsid', [], 'ENOSYS'],
  ['setpgid', [], 'ENOSYS'],
  ['timer_create', [], 'ENOSYS', 'which can signal other threads'],
];

/** Without a pid namespace there are others whom a signal could reach. */
const SIGNALS: Readonly<Record<'without' | 'with', readonly Row[]>> = {
  without: [
    ['kill', [OWN_PID], 'allow', 'itself'],
    ['kill', [1], 'EPERM', 'another'],
    ['kill', [0], 'EPERM', 'its group'],
    ['kill', [-1], 'EPERM', 'everyone'],
    ['kill', [-OWN_PID], 'EPERM', 'the group that it leads'],
    ['tgkill', [OWN_PID, 5], 'allow', 'a thread of its own'],
    ['tgkill', [1, 1], 'EPERM', "another's thread"],
    ['prlimit64', [OWN_PID], 'allow', 'of itself, by its number'],
  ],
  with: [
    ['kill', [1], 'allow', 'itself'],
    ['kill', [-1], 'allow', 'everyone there is'],
    ['tgkill', [1, 5], 'allow', 'a thread of its own'],
    ['prlimit64', [OWN_PID], 'EPERM', 'of a number'],
    ['rt_sigqueueinfo', [1], 'EPERM'],
  ],
};

describe.each(ARCHITECTURES)('the filter of a spoke on %s', (architecture) => {
  for (const [namespace, rows] of Object.entries(SIGNALS)) {
    describe(`${namespace} a pid namespace`, () => {
      const policy = spokePolicy({ hasPidNamespace: namespace === 'with' });
      const ask = askFilter(policy, architecture);
      const known = [...ALWAYS, ...rows].filter(([call]) => Object.hasOwn(SYSCALLS[architecture], call));

      for (const [call, values, answer, what = ''] of known)
        it(`${call} ${what}: ${answer}`, () => expect(ask(call, values)).toBe(answer));

      it('refuses every call that it does not name, and knows each that it names', () => {
        const named = new Set(policy.groups.flatMap(({ calls }) => calls));
        const others = Object.keys(SYSCALLS[architecture]).filter((call) => !named.has(call));
        expect(others.length).toBeGreaterThan(20);
        expect(others.filter((call) => ask(call) !== 'ENOSYS')).toEqual([]);
      });

      it('ends a process that calls by the numbers of another architecture', () => {
        const program = assembleFilter(policy, architecture);
        const foreign = Object.values(AUDIT).filter((one) => one !== AUDIT[architecture]);
        for (const number of [0, 1, 59, 221, 0x4000_0000]) {
          for (const one of foreign)
            expect(simulateFilter(program, { number, architecture: one, arguments: [] })).toBe(
              'end the process',
            );
        }
      });

      it('answers a number beyond all tables, and a negative one, with ENOSYS', () => {
        const program = assembleFilter(policy, architecture);
        for (const number of [100_000, -1, -2_147_483_648, 2_147_483_647]) {
          const call = { number, architecture: AUDIT[architecture], arguments: [] };
          expect(simulateFilter(program, call)).toBe('ENOSYS');
        }
      });
    });
  }
});

it('on x64, no call is to be had by its x32 number', () => {
  const program = assembleFilter(spokePolicy({ hasPidNamespace: false }), 'x64');
  for (const number of Object.values(SYSCALLS.x64)) {
    const call = { number: 0x4000_0000 + number, architecture: AUDIT.x64, arguments: [] };
    expect(simulateFilter(program, call)).toBe('ENOSYS');
  }
});

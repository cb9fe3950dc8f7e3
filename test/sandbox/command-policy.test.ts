import { describe, expect, it } from 'vitest';
import { assembleFilter } from '../../core/sandbox/seccomp/assemble.ts';
import { COMMAND_POLICY } from '../../core/sandbox/seccomp/command-policy.ts';
import { SYSCALLS } from '../../core/sandbox/seccomp/numbers.ts';
import { AUDIT, simulateFilter } from './support/simulate-filter.ts';
import { ARCHITECTURES, askFilter } from './support/verdict.ts';

const SIGCHLD = 17;
const NEW = {
  NEWNS: 0x20000,
  NEWCGROUP: 0x2000000,
  NEWUTS: 0x4000000,
  NEWIPC: 0x8000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
};

type Row = readonly [call: string, values: readonly number[], answer: string, what?: string];

const ROWS: readonly Row[] = [
  ...[
    'read',
    'openat',
    'execve',
    'fork',
    'kill',
    'connect',
    'bind',
    'prctl',
    'setsid',
    'unlinkat',
    'wait4',
  ].map((call): Row => [call, [], 'allow']),
  ['openat', [-100, 0, 0o101], 'allow', 'to create'],
  ['clone', [SIGCHLD], 'allow', 'a process'],
  ...Object.entries(NEW).map(([name, flag]): Row => ['clone', [SIGCHLD | flag], 'EPERM', name]),
  ['clone3', [], 'ENOSYS'],
  ['unshare', [NEW.NEWUSER], 'EPERM'],
  ['setns', [3, 0], 'EPERM'],
  ['socket', [1], 'EAFNOSUPPORT', 'unix'],
  ['socket', [2], 'allow', 'inet'],
  ['socket', [10], 'allow', 'inet6'],
  ['socket', [16], 'allow', 'netlink'],
  ['socket', [0], 'EAFNOSUPPORT', 'no family'],
  ['socket', [17], 'EAFNOSUPPORT', 'raw packets'],
  ['socket', [38], 'EAFNOSUPPORT', 'the kernel cryptography'],
  ['socket', [40], 'EAFNOSUPPORT', 'vsock'],
  ['socketpair', [1, 1], 'allow', 'of streams'],
  ['socketpair', [1, 0o2004001], 'allow', 'of streams, with flags'],
  ['socketpair', [1, 5], 'allow', 'of packets'],
  ['socketpair', [1, 2], 'EAFNOSUPPORT', 'of datagrams'],
  ['socketpair', [1, 0o2004002], 'EAFNOSUPPORT', 'of datagrams, with flags'],
  ['ioctl', [0, 0x5401], 'allow', 'TCGETS'],
  ['ioctl', [0, 0x5412], 'EPERM', 'TIOCSTI'],
  ['ioctl', [0, 0x541c], 'EPERM', 'TIOCLINUX'],
  ...['ptrace', 'process_vm_readv', 'pidfd_getfd', 'mount', 'move_mount', 'bpf', 'keyctl', 'userfaultfd'].map(
    (call): Row => [call, [], 'EPERM'],
  ),
  ...(
    [
      ...['chmod', 'fchmod', 'creat', 'mkdir', 'mknod'].map((call) => [call, [0]] as const),
      ...['fchmodat', 'mkdirat', 'mknodat'].map((call) => [call, [0, 0]] as const),
      ['open', [0, 0o101]],
      ['open', [0, 0o20200002]],
      ['openat', [0, 0, 0o101]],
      ['openat', [0, 0, 0o20200002]],
    ] as const
  ).flatMap(([call, before]): Row[] => [
    [call, [...before, 0o1777], 'allow', 'with every other bit'],
    [call, [...before, 0o4755], 'EPERM', 'with set-user-id'],
    [call, [...before, 0o2755], 'EPERM', 'with set-group-id'],
  ]),
  ['open', [0, 0o2, 0o4755], 'allow', 'of what is there, where no mode is read'],
  ['openat', [0, 0, 0o2001002, 0o7777], 'allow', 'of what is there, where no mode is read'],
  ...['openat2', 'fchmodat2'].map((call): Row => [call, [], 'ENOSYS']),
  ...['io_uring_setup', 'io_uring_enter', 'io_uring_register'].map((call): Row => [call, [], 'ENOSYS']),
];

describe.each(ARCHITECTURES)('the filter of a scoped command on %s', (architecture) => {
  const ask = askFilter(COMMAND_POLICY, architecture);
  const known = ROWS.filter(([call]) => Object.hasOwn(SYSCALLS[architecture], call));

  for (const [call, values, answer, what = ''] of known)
    it(`${call} ${what}: ${answer}`, () => expect(ask(call, values)).toBe(answer));

  it('ends a process that calls by the numbers of another architecture', () => {
    const program = assembleFilter(COMMAND_POLICY, architecture);
    const foreign = Object.values(AUDIT).filter((one) => one !== AUDIT[architecture]);
    for (const one of foreign)
      expect(simulateFilter(program, { number: 1, architecture: one, arguments: [] })).toBe(
        'end the process',
      );
  });
});

it('on x64, a call that is refused is not to be had by its x32 number', () => {
  const program = assembleFilter(COMMAND_POLICY, 'x64');
  const number = 0x4000_0000 + (SYSCALLS.x64.ptrace ?? 0);
  expect(simulateFilter(program, { number, architecture: AUDIT.x64, arguments: [] })).toBe('ENOSYS');
});

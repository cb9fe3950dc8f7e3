import type { CallGroup, CallPolicy } from './policy.ts';
import { CLONE_NEW } from './spoke-allowed.ts';

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SOCKET_TYPE = 0xf;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
/** O_CREAT and O_TMPFILE's own bit: without them no mode is read, and what stands in its place means nothing. */
const CREATES = 0o100 | 0o20000000;
const SET_ID_BITS = 0o6000;

/** No process that a command starts gets a namespace in which it has rights that its user lacks. */
const NAMESPACES_THAT_ARE: readonly CallGroup[] = [
  {
    why: 'processes, in the namespaces that there are',
    answer: 'allow',
    calls: ['clone'],
    when: { argument: 0, mask: CLONE_NEW, oneOf: [0] },
  },
  { why: 'namespaces of its own', answer: 'EPERM', calls: ['clone', 'unshare', 'setns'] },
  {
    why: 'its flags lie where a filter cannot look; the C library falls back to clone',
    answer: 'ENOSYS',
    calls: ['clone3'],
  },
];

/**
 * The filter of a command in the scoped profile. Commands are other people's programs, so all that is not named is
 * allowed; what is named leads out of the sandbox or deep into the kernel.
 */
export const COMMAND_POLICY: CallPolicy = {
  otherwise: 'allow',
  groups: [
    ...NAMESPACES_THAT_ARE,
    {
      why: 'typing on a terminal as if its user did',
      answer: 'EPERM',
      calls: ['ioctl'],
      when: { argument: 1, oneOf: [TIOCSTI, TIOCLINUX] },
    },
    {
      why: 'the network, in the namespace that there is',
      answer: 'allow',
      calls: ['socket'],
      when: { argument: 0, oneOf: [AF_INET, AF_INET6, AF_NETLINK] },
    },
    {
      why: 'a unix socket in a directory of the spoke, or under an abstract name where there is network, is the way to an agent, a display, a message bus; the other families lead to the hypervisor and deep into the kernel',
      answer: 'EAFNOSUPPORT',
      calls: ['socket'],
    },
    {
      why: 'pairs that are tied to each other for good',
      answer: 'allow',
      calls: ['socketpair'],
      when: { argument: 1, mask: SOCKET_TYPE, oneOf: [SOCK_STREAM, SOCK_SEQPACKET] },
    },
    {
      why: 'one of datagrams can be turned to any unix socket',
      answer: 'EAFNOSUPPORT',
      calls: ['socketpair'],
    },
    {
      why: 'what is there already: the mode counts for what is made',
      answer: 'allow',
      calls: ['open'],
      when: { argument: 1, mask: CREATES, oneOf: [0] },
    },
    {
      why: 'what is there already: the mode counts for what is made',
      answer: 'allow',
      calls: ['openat'],
      when: { argument: 2, mask: CREATES, oneOf: [0] },
    },
    {
      why: 'modes without set-id bits',
      answer: 'allow',
      calls: ['chmod', 'fchmod', 'creat', 'mknod', 'mkdir'],
      when: { argument: 1, mask: SET_ID_BITS, oneOf: [0] },
    },
    {
      why: 'modes without set-id bits',
      answer: 'allow',
      calls: ['open', 'fchmodat', 'mknodat', 'mkdirat'],
      when: { argument: 2, mask: SET_ID_BITS, oneOf: [0] },
    },
    {
      why: 'modes without set-id bits',
      answer: 'allow',
      calls: ['openat'],
      when: { argument: 3, mask: SET_ID_BITS, oneOf: [0] },
    },
    {
      why: 'a program with set-id bits gives whoever starts it the rights of the user, long after the command',
      answer: 'EPERM',
      calls: [
        ...['chmod', 'fchmod', 'fchmodat', 'open', 'openat', 'creat'],
        ...['mknod', 'mknodat', 'mkdir', 'mkdirat'],
      ],
    },
    {
      why: 'their modes lie where a filter cannot look; the C library falls back to the calls before them',
      answer: 'ENOSYS',
      calls: ['openat2', 'fchmodat2'],
    },
    {
      why: 'other processes, mounts, keys, and large parts of the kernel that commands do not need',
      answer: 'EPERM',
      calls: [
        ...['ptrace', 'process_vm_readv', 'process_vm_writev', 'kcmp', 'pidfd_getfd', 'mount', 'umount2'],
        ...['pivot_root', 'chroot', 'open_tree', 'move_mount', 'fsopen', 'fsconfig', 'fsmount', 'fspick'],
        ...['mount_setattr', 'bpf', 'perf_event_open', 'userfaultfd', 'keyctl', 'add_key', 'request_key'],
        ...[
          'init_module',
          'finit_module',
          'delete_module',
          'kexec_load',
          'kexec_file_load',
          'reboot',
          'swapon',
        ],
        ...['swapoff', 'syslog', 'acct', 'ioperm', 'iopl', 'fanotify_init', 'open_by_handle_at', 'quotactl'],
        ...['vhangup', 'sethostname', 'setdomainname', 'lookup_dcookie', 'move_pages', 'migrate_pages'],
      ],
    },
    {
      why: 'it has had too many holes',
      answer: 'ENOSYS',
      calls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
    },
  ],
};

/**
 * The filter of a command in the host profile, where nothing else keeps it from a user namespace of its own: there it
 * could let go of the whole tree of mounts and rename what is held in it.
 */
export const HOST_COMMAND_POLICY: CallPolicy = {
  otherwise: 'allow',
  groups: [
    ...NAMESPACES_THAT_ARE,
    {
      why: 'to root it opens a file past the mount that makes it read-only',
      answer: 'EPERM',
      calls: ['open_by_handle_at'],
    },
  ],
};

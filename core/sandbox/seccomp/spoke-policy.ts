import { type CallGroup, type CallPolicy, OWN_PID } from './policy.ts';

const CLONE_THREAD = 0x0001_0000;
/** NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
export const CLONE_NEW = 0x7e02_0080;
/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_TMPFILE's own bit. */
const OPEN_CHANGES = 0o3 | 0o100 | 0o1000 | 0o20000000;

const IOCTLS = {
  FIOCLEX: 0x5451,
  FIONCLEX: 0x5450,
  FIONBIO: 0x5421,
  FIONREAD: 0x541b,
  TCGETS: 0x5401,
  TCGETS2: 0x802c542a,
  TIOCGWINSZ: 0x5413,
};

const PRCTLS = {
  PR_GET_DUMPABLE: 3,
  PR_SET_NAME: 15,
  PR_GET_NAME: 16,
  PR_CAPBSET_READ: 23,
  PR_GET_SECUREBITS: 27,
  PR_SET_TIMERSLACK: 29,
  PR_GET_TIMERSLACK: 30,
  PR_GET_NO_NEW_PRIVS: 39,
  PR_SET_VMA: 0x53564d41,
};

/** What a runtime does all the time. First, since the filter looks at the groups in order. */
const HOT: CallGroup = {
  why: 'reading and writing what is open, waiting, and memory',
  answer: 'allow',
  calls: [
    ...['read', 'write', 'readv', 'writev', 'recvmsg', 'sendmsg', 'close', 'futex', 'clock_gettime'],
    ...['epoll_pwait', 'epoll_wait', 'epoll_ctl', 'mmap', 'munmap', 'mprotect', 'madvise'],
  ],
};

const F_SETOWN = 8;
const F_SETSIG = 10;
const F_SETOWN_EX = 15;
/** MAP_SHARED and MAP_ANONYMOUS together. */
const SHARED_MEMORY = 0x21;

/** Ways around the rest of the filter and around the limits, in calls that are otherwise harmless. */
const EXCEPTED: readonly CallGroup[] = [
  {
    why: 'having the kernel send a signal to whoever is named, when something can be read',
    answer: 'EPERM',
    calls: ['fcntl'],
    when: { argument: 1, oneOf: [F_SETOWN, F_SETSIG, F_SETOWN_EX] },
  },
  {
    why: 'memory that RLIMIT_DATA does not count',
    answer: 'EPERM',
    calls: ['mmap'],
    when: { argument: 3, mask: SHARED_MEMORY, oneOf: [SHARED_MEMORY] },
  },
];

const ALLOWED: readonly CallGroup[] = [
  ...EXCEPTED,
  HOT,
  {
    why: 'memory of its own',
    answer: 'allow',
    calls: ['mremap', 'brk', 'mincore', 'pkey_alloc', 'pkey_free', 'pkey_mprotect', 'membarrier'],
  },
  {
    why: 'descriptors that it has, and such as lead nowhere else',
    answer: 'allow',
    calls: [
      ...[
        'pread64',
        'pwrite64',
        'preadv',
        'pwritev',
        'close_range',
        'fstat',
        'lseek',
        'dup',
        'dup2',
        'dup3',
        'fcntl',
      ],
      ...[
        'pipe',
        'pipe2',
        'eventfd2',
        'epoll_create1',
        'epoll_pwait2',
        'poll',
        'ppoll',
        'select',
        'pselect6',
      ],
      ...['timerfd_create', 'timerfd_settime', 'timerfd_gettime'],
    ],
  },
  {
    why: 'looking at files; which ones there are is not decided here',
    answer: 'allow',
    calls: [
      ...[
        'newfstatat',
        'statx',
        'stat',
        'lstat',
        'access',
        'faccessat',
        'faccessat2',
        'readlink',
        'readlinkat',
      ],
      ...['getcwd', 'getdents64', 'fstatfs'],
    ],
  },
  {
    why: 'opening a file in a way that changes nothing',
    answer: 'allow',
    calls: ['openat'],
    when: { argument: 2, mask: OPEN_CHANGES, oneOf: [0] },
  },
  {
    why: 'opening a file in a way that changes nothing',
    answer: 'allow',
    calls: ['open'],
    when: { argument: 1, mask: OPEN_CHANGES, oneOf: [0] },
  },
  {
    why: 'the one socket that it was given',
    answer: 'allow',
    calls: ['recvfrom', 'sendto', 'shutdown', 'getsockopt', 'setsockopt', 'getsockname', 'getpeername'],
  },
  {
    why: 'threads of its own',
    answer: 'allow',
    calls: ['clone'],
    when: { argument: 0, mask: CLONE_THREAD | CLONE_NEW, oneOf: [CLONE_THREAD] },
  },
  {
    why: 'threads of its own',
    answer: 'allow',
    calls: [
      ...['futex_waitv', 'set_robust_list', 'get_robust_list', 'rseq', 'set_tid_address', 'sched_yield'],
      ...['sched_getaffinity', 'sched_getparam', 'sched_getscheduler', 'getcpu', 'gettid', 'restart_syscall'],
      ...['exit', 'exit_group', 'wait4', 'waitid'],
    ],
  },
  {
    why: 'how it handles signals that come',
    answer: 'allow',
    calls: [
      ...[
        'rt_sigaction',
        'rt_sigprocmask',
        'rt_sigreturn',
        'rt_sigpending',
        'rt_sigsuspend',
        'rt_sigtimedwait',
      ],
      'sigaltstack',
    ],
  },
  {
    why: 'facts about itself, the time, and random numbers',
    answer: 'allow',
    calls: [
      ...[
        'getpid',
        'getppid',
        'getuid',
        'geteuid',
        'getgid',
        'getegid',
        'getresuid',
        'getresgid',
        'getgroups',
      ],
      ...[
        'capget',
        'getrandom',
        'uname',
        'sysinfo',
        'getrusage',
        'times',
        'gettimeofday',
        'time',
        'clock_getres',
      ],
      ...['clock_nanosleep', 'nanosleep', 'getrlimit', 'arch_prctl', 'umask', 'getpriority'],
      ...['alarm', 'setitimer', 'getitimer'],
    ],
  },
  {
    why: 'terminal and descriptor queries that Node makes; never TIOCSTI, which types on the terminal',
    answer: 'allow',
    calls: ['ioctl'],
    when: { argument: 1, oneOf: Object.values(IOCTLS) },
  },
  {
    why: 'names of threads and memory; never PDEATHSIG or DUMPABLE',
    answer: 'allow',
    calls: ['prctl'],
    when: { argument: 0, oneOf: Object.values(PRCTLS) },
  },
  {
    why: 'starting Node itself: the filter is there before it. A spoke can only put itself in its own place',
    answer: 'allow',
    calls: ['execve'],
  },
];

/** Calls whose failure a runtime takes for a no and not for an old kernel. What is nowhere named gets ENOSYS. */
const REFUSED: readonly CallGroup[] = [
  {
    why: 'opening a file to change or make it',
    answer: 'EACCES',
    calls: ['open', 'openat', 'creat'],
  },
  {
    why: 'changing the file system',
    answer: 'EACCES',
    calls: [
      ...[
        'mkdir',
        'mkdirat',
        'rmdir',
        'unlink',
        'unlinkat',
        'rename',
        'renameat',
        'renameat2',
        'link',
        'linkat',
      ],
      ...[
        'symlink',
        'symlinkat',
        'truncate',
        'ftruncate',
        'fallocate',
        'mknod',
        'mknodat',
        'chmod',
        'fchmod',
      ],
      ...['fchmodat', 'fchmodat2', 'chown', 'fchown', 'lchown', 'fchownat', 'utime', 'utimes', 'utimensat'],
      ...['futimesat', 'setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'],
      ...['copy_file_range', 'sendfile', 'splice', 'flock', 'fsync', 'fdatasync', 'sync', 'syncfs'],
      ...['inotify_init', 'inotify_init1', 'inotify_add_watch', 'chdir', 'fchdir', 'chroot'],
    ],
  },
  {
    why: 'sockets of its own',
    answer: 'EACCES',
    calls: ['socket', 'socketpair', 'connect', 'bind', 'listen', 'accept', 'accept4', 'sendmmsg', 'recvmmsg'],
  },
  { why: 'processes of its own', answer: 'EPERM', calls: ['clone', 'fork', 'vfork', 'execveat'] },
  { why: 'terminal requests that are not named above', answer: 'ENOTTY', calls: ['ioctl'] },
  {
    why: 'process controls that are not named above',
    answer: 'EPERM',
    calls: ['prctl', 'prlimit64', 'setrlimit'],
  },
  {
    why: 'other processes',
    answer: 'EPERM',
    calls: [
      ...['kill', 'tgkill', 'tkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'ptrace', 'kcmp'],
      ...['process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_open', 'pidfd_getfd'],
      ...['pidfd_send_signal', 'sched_setaffinity', 'sched_setscheduler', 'sched_setparam', 'sched_setattr'],
      ...['setpriority', 'ioprio_set', 'migrate_pages', 'move_pages'],
    ],
  },
  {
    why: 'identity, keys, namespaces, mounts, and large parts of the kernel that a spoke has no business in',
    answer: 'EPERM',
    calls: [
      ...['setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setgroups', 'capset'],
      ...[
        'keyctl',
        'add_key',
        'request_key',
        'unshare',
        'setns',
        'mount',
        'umount2',
        'pivot_root',
        'open_tree',
      ],
      ...['move_mount', 'fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr', 'bpf', 'perf_event_open'],
      ...['userfaultfd', 'seccomp', 'landlock_create_ruleset', 'landlock_add_rule', 'landlock_restrict_self'],
      ...['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'memfd_create'],
      ...[
        'memfd_secret',
        'personality',
        'fanotify_init',
        'open_by_handle_at',
        'name_to_handle_at',
        'quotactl',
      ],
      ...[
        'reboot',
        'swapon',
        'swapoff',
        'syslog',
        'acct',
        'ioperm',
        'iopl',
        'modify_ldt',
        'vhangup',
        'shmget',
      ],
      ...['shmat', 'shmctl', 'semget', 'semop', 'semctl', 'msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open'],
      ...['sethostname', 'setdomainname', 'vmsplice', 'tee', 'mbind', 'set_mempolicy', 'lookup_dcookie'],
    ],
  },
];

/** Signals and limits: of everything in its pid namespace, or, without one, of itself alone. */
function ownProcess(hasPidNamespace: boolean): readonly CallGroup[] {
  const self = { argument: 0, oneOf: hasPidNamespace ? [0] : [0, OWN_PID] };
  const reading: CallGroup = { why: 'limits of its own', answer: 'allow', calls: ['prlimit64'], when: self };
  return hasPidNamespace
    ? [
        reading,
        { why: 'signals; there is nobody else to send them to', answer: 'allow', calls: ['kill', 'tgkill'] },
      ]
    : [
        reading,
        {
          why: 'signals to itself',
          answer: 'allow',
          calls: ['kill', 'tgkill'],
          when: { argument: 0, oneOf: [OWN_PID] },
        },
      ];
}

/**
 * The filter of a spoke: an allow-list of what Node needs to compute, to read what it can see, and to use the channel
 * that it was given. No path leads to a file opened for writing, a socket, a process, or another process's signal.
 */
export function spokePolicy({ hasPidNamespace }: { readonly hasPidNamespace: boolean }): CallPolicy {
  return { groups: [...ALLOWED, ...ownProcess(hasPidNamespace), ...REFUSED], otherwise: 'ENOSYS' };
}

import type { CallGroup } from './policy.ts';

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

/** What a spoke may call, in the order in which the filter looks: first what is excepted, then what is called most. */
export const ALLOWED: readonly CallGroup[] = [
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

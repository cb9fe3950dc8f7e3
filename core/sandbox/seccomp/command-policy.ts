import type { CallPolicy } from './policy.ts';
import { CLONE_NEW } from './spoke-policy.ts';

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const AF_PACKET = 17;
const AF_ALG = 38;
const AF_VSOCK = 40;

/**
 * The filter of a command in the scoped profile. Commands are other people's programs, so all that is not named is
 * allowed; what is named leads out of the sandbox or deep into the kernel.
 */
export const COMMAND_POLICY: CallPolicy = {
  otherwise: 'allow',
  groups: [
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
    {
      why: 'typing on a terminal as if its user did',
      answer: 'EPERM',
      calls: ['ioctl'],
      when: { argument: 1, oneOf: [TIOCSTI, TIOCLINUX] },
    },
    {
      why: 'sockets to the hypervisor, raw packets, the kernel cryptography',
      answer: 'EAFNOSUPPORT',
      calls: ['socket'],
      when: { argument: 0, oneOf: [AF_PACKET, AF_ALG, AF_VSOCK] },
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

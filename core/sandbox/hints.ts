/** What people can do about a sandbox that does not start, by what it says. The first that fits is told. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /bwrap (?:could not be started|is not root's)/i,
    'install bubblewrap (apt install bubblewrap, dnf install bubblewrap)',
  ],
  [/perl (?:could not be started|is not root's)/i, 'install perl-base'],
  [
    /No permissions to creat(?:e|ing) new namespace/i,
    'user namespaces are off here: in a container that is usual; on a host, set kernel.unprivileged_userns_clone=1',
  ],
  [
    /ENOSPC|max_\w*namespaces|No space left on device/i,
    'raise user.max_user_namespaces, which is 0 or used up',
  ],
  [
    /setting up uid map|RTM_NEWADDR|Permission denied.*uid_map/i,
    'AppArmor forbids user namespaces here (Ubuntu 24.04): add a profile for /usr/bin/bwrap that has "userns,"',
  ],
  [/landlock/i, 'this kernel has no Landlock (5.13 or later, with landlock among its security modules)'],
  [/seccomp/i, 'this kernel takes no seccomp filter (CONFIG_SECCOMP_FILTER)'],
];

/** What to do about a failure, or null where nothing is known. */
export function hintFor(failure: string): string | null {
  return HINTS.find(([pattern]) => pattern.test(failure))?.[1] ?? null;
}

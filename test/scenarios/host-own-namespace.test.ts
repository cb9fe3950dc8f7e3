import { describeHostAttack } from './support/host-attack.ts';

const [NEW_USER, NEW_MOUNTS, DETACH] = [0x10000000, 0x20000, 2];

/** In a tree of mounts that it has let go of, nothing is a mount point of its own any more, and all can be renamed. */
describeHostAttack(
  'a command cannot let go of the mounts that hold what is above, in a namespace of its own',
  {
    throughNamespaces: true,
    perl: `
    my ($uid, $gid) = ($<, (split ' ', $()[0]);
    exit if call('unshare', ${NEW_USER | NEW_MOUNTS}) < 0;
    put '/proc/self/setgroups', 'deny';
    put '/proc/self/uid_map', "$uid $uid 1";
    put '/proc/self/gid_map', "$gid $gid 1";
    my $new = "$ARGV[1]/new";
    mkdir $new;
    call('mount', 'tmpfs', $new, 'tmpfs', 0, '');
    mkdir "$new/old";
    chdir $ARGV[1];
    call('pivot_root', $new, "$new/old");
    call('umount2', '/old', ${DETACH});
    rename '.config', '.config.old' or print "rename: $!\n";
    mkdir '.config';
    mkdir '.config/axium';
    put '.config/axium/permissions.yaml', 'theirs';
  `,
  },
);

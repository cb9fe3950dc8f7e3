import { describeHostAttack } from './support/host-attack.ts';

const [HERE, WRITE, HANDLE_BYTES] = [-100, 1, 128];

/** By its handle a file is opened through any mount of its file system, and so past the one that is read-only. */
describeHostAttack('a command of root cannot open a file by its handle', {
  needsRoot: true,
  perl: `
    my $handle = pack 'I i a${HANDLE_BYTES}', ${HANDLE_BYTES}, 0, '';
    my $mount = pack 'i', 0;
    syscall($calls{name_to_handle_at}, ${HERE}, $ARGV[0], $handle, $mount, 0);
    open my $elsewhere, '<', "$ARGV[1]" or print "open: $!\n";
    my $fd = call('open_by_handle_at', fileno $elsewhere, $handle, ${WRITE});
    exit if $fd < 0;
    open my $file, '>&=', $fd or print "fdopen: $!\n";
    syswrite $file, 'theirs' or print "write: $!\n";
  `,
});

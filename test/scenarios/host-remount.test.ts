import { describeHostAttack } from './support/host-attack.ts';

const [DETACH, REMOUNT, BIND] = [2, 32, 4096];

describeHostAttack('a command cannot take the mount off that makes a file read-only, nor make it writable', {
  perl: `
    my $directory = $ARGV[0] =~ s|/[^/]+$||r;
    call('mount', 'none', $directory, '', ${REMOUNT | BIND}, '');
    call('umount2', $directory, ${DETACH});
    put $ARGV[0], 'theirs';
  `,
});

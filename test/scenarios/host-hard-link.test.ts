import { describeHostAttack } from './support/host-attack.ts';

describeHostAttack('a command cannot write a file by another name that it gives it', {
  perl: `
    my $alias = "$ARGV[1]/alias";
    link $ARGV[0], $alias or print "link: $!\n";
    put $alias, 'theirs';
  `,
});

import { describeHostAttack } from './support/host-attack.ts';

describeHostAttack('a command cannot put directories of its own in the place of those above', {
  perl: `
    my $above = "$ARGV[1]/.config";
    for my $directory ("$above/axium", $above) {
      rename $directory, "$directory.old" or print "rename: $!\n";
      mkdir $directory;
    }
    mkdir "$above/axium";
    put $ARGV[0], 'theirs';
  `,
});

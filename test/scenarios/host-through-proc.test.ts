import { describeHostAttack } from './support/host-attack.ts';

describeHostAttack('a command cannot write a file through the root of another process', {
  perl: `put "$_/root$ARGV[0]", 'theirs' for glob '/proc/[0-9]*';`,
});

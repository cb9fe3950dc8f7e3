import { describeSurvivor } from './support/survivor.ts';

describeSurvivor(
  'a process of a command does not stay behind as a daemon, whose parents are gone',
  (process) => `setsid sh -c "(${process.replaceAll('"', '\\"').replace('$', '\\$')} &) &" &`,
);

import { describeSurvivor } from './support/survivor.ts';

describeSurvivor(
  'a process of a command does not stay behind by ignoring the signals that ask it to end',
  (process) => `(trap '' TERM HUP INT; exec ${process}) &`,
  'SIGTERM',
);

import { describeSurvivor } from './support/survivor.ts';

describeSurvivor(
  'a process of a command does not stay behind in a session of its own',
  (process) => `setsid ${process} &`,
);

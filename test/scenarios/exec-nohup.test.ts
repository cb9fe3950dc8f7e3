import { describeSurvivor } from './support/survivor.ts';

describeSurvivor(
  'a process of a command does not stay behind by ignoring that its terminal is gone',
  (process) => `nohup ${process} &`,
);

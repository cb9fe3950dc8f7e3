import { setFlagsFromString } from 'node:v8';
import { startLean } from './lean-start.ts';

/** Spokes are started within it. */
const START_MS = 3000;

/** The entry of the daemon: all else is loaded once V8 knows that this is a start. */
const startIsOver = startLean(setFlagsFromString, {
  node: process.versions.node,
  flags: [...process.execArgv, process.env.NODE_OPTIONS ?? ''],
});
await import('./axiumd.ts');
setTimeout(startIsOver, START_MS).unref();

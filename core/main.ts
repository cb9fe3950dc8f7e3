import { setFlagsFromString } from 'node:v8';

const V8_DEFAULT = 2;
/** Spokes are started within it. */
const START_MS = 10_000;

/**
 * The entry of the daemon. Most of what a start makes stays, which V8 takes for a reason to give 16 MiB to what is young; an
 * idle daemon would keep them to no use. So that room does not grow until the start is over, and then as it is needed.
 */
setFlagsFromString('--semi-space-growth-factor=1');
await import('./axiumd.ts');
setTimeout(() => setFlagsFromString(`--semi-space-growth-factor=${V8_DEFAULT}`), START_MS).unref();

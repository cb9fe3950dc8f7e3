import type { Runtime } from './sandbox.ts';

/**
 * The flags of Node's permission model, by what this Node says that it knows. `--no-addons` and the throwing `__proto__`
 * cost nothing; a V8 flag would cost a third of a start on Node 20 and is not among them.
 */
export function permissionFlagsFor(allowed: {
  readonly has: (flag: string) => boolean;
}): Runtime['permissionFlags'] {
  const turnOn = allowed.has('--permission')
    ? ['--permission']
    : allowed.has('--experimental-permission')
      ? ['--experimental-permission', '--disable-warning=ExperimentalWarning']
      : null;
  if (turnOn === null) return () => [];
  // Where Node can withhold the network it takes the open socket that is the channel for such, and no spoke would start.
  // That there is no network is held by the kernel, as for every older Node.
  const channel = allowed.has('--allow-net') ? ['--allow-net', '--disable-warning=ExperimentalWarning'] : [];
  return (readable) => [
    ...turnOn,
    ...channel,
    ...readable.map((directory) => `--allow-fs-read=${directory}/`),
    '--no-addons',
    '--disable-proto=throw',
  ];
}

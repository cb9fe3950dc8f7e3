/** What the process was started with: the version of its Node, and every flag in its arguments and its environment. */
export interface StartedWith {
  readonly node: string;
  readonly flags: readonly string[];
}

/** Flags of V8, with the value they have in Node. */
const YOUNG = 'semi-space-growth-factor';
const YOUNG_BY_DEFAULT = 2;
/** Node has left the one between the two others on since its 24th version. */
const FIRST_WITH_MAGLEV = 24;
const CHOSEN_BY_OTHERS = /jitless|opt|turbofan|sparkplug|maglev/;

/**
 * Has V8 start the daemon with what an idle one needs, and returns what ends that; `set` takes a flag of V8. A start makes
 * V8 grow for good in two ways. Most of what it makes stays, for which V8 gives what is young 16 MiB. And what it runs often
 * is compiled, though it is not run again once all has started: the compilers' pages and what they leave are 6 MiB, and
 * the time they take is not won back. So neither is done until the start is over, and both as they are needed from then
 * on. Where somebody has chosen by a flag what compiles, as with --jitless, that is left as it is.
 */
export function startLean(set: (flag: string) => void, { node, flags }: StartedWith): () => void {
  const compilers = flags.some((flag) => CHOSEN_BY_OTHERS.test(flag)) ? [] : compilersOf(node);
  set(`--${YOUNG}=1`);
  for (const compiler of compilers) set(`--no-${compiler}`);
  return () => {
    set(`--${YOUNG}=${YOUNG_BY_DEFAULT}`);
    for (const compiler of compilers) set(`--${compiler}`);
  };
}

function compilersOf(node: string): readonly string[] {
  return ['sparkplug', 'opt', ...(Number.parseInt(node, 10) >= FIRST_WITH_MAGLEV ? ['maglev'] : [])];
}

import { GLOBSTAR, Minimatch, minimatch } from 'minimatch';
import { hasControl, isWithin } from '../../schemas/path-text.ts';

/** Caps on one pattern, checked when it is loaded: manifests are hostile input. */
export const PATTERN_CAPS = { length: 1024, wildcardsPerSegment: 16, globstars: 4, expansions: 256 } as const;

const OPTIONS = {
  dot: true,
  nonegate: true,
  nocomment: true,
  noext: true,
  platform: 'linux',
  optimizationLevel: 0,
} as const;

/** One pattern, compiled: the alternatives that its braces stand for, each tried by itself. */
export interface PathPattern {
  readonly text: string;
  /** True without any wildcard: the pattern names exactly one path. */
  readonly literal: boolean;
  /** True where `**` follows a directory that holds much more than one program's files. */
  readonly blanket: boolean;
  readonly alternatives: readonly Alternative[];
}

export interface Alternative {
  /** The path up to the first wildcard, without a slash at its end; `''` for the root. */
  readonly anchor: string;
  readonly matches: (path: string) => boolean;
}

/** Where the literal part of a pattern really lies, once its symlinks are followed. */
export interface Anchor {
  /** Following only links that root or the user made; null where another's link, or a spoke's, is in the way. */
  readonly trusted: string | null;
  /** Following every link. */
  readonly any: string;
  /** Where each link on the way itself lies. */
  readonly links?: readonly string[];
}
export type Anchors = ReadonlyMap<string, Anchor>;
/** Which links are followed. */
export type Trust = Exclude<keyof Anchor, 'links'>;

export interface Expansion {
  readonly home: string;
  /** Present for override files only; a manifest must not read the daemon's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export type CompiledPath =
  | { readonly ok: PathPattern; readonly warning?: string }
  | { readonly dropped: string }
  | { readonly problem: string };

/**
 * Compiles one path pattern. `problem` is an error in the file, `dropped` an entry that cannot count on this machine
 * (an unset variable). `~` and the values of variables are literal text, whatever characters they hold.
 */
export function compilePath(text: string, expansion: Expansion): CompiledPath {
  if (text.length > PATTERN_CAPS.length)
    return { problem: `expected at most ${PATTERN_CAPS.length} characters` };
  if (hasControl(text)) return { problem: 'expected a path without control characters' };
  const expanded = expand(text, expansion);
  if ('unset' in expanded) return { dropped: `the variable ${expanded.unset} is not set` };
  const { pattern } = expanded;
  if (!pattern.startsWith('/')) {
    return { problem: "expected an absolute path, or one that begins with '~/'" };
  }
  const expandedBraces = minimatch.braceExpand(pattern, { braceExpandMax: PATTERN_CAPS.expansions + 1 });
  const globs = expandedBraces.map((glob) => glob.replace(/\/{2,}/g, '/'));
  if (globs.length > PATTERN_CAPS.expansions) {
    return { problem: `expected braces that stand for at most ${PATTERN_CAPS.expansions} paths` };
  }
  const over = globs.map(overCap).find((cap) => cap !== null);
  if (over) return { problem: over };
  const alternatives = globs.map(compileAlternative);
  // Looked for last, in what is left: braces, backslashes and brackets can all spell two dots.
  if (alternatives.some(({ dotted }) => dotted)) return { problem: "expected a path without '.' and '..'" };
  const blanket = globs.some((glob) => isBlanket(glob, expansion.home));
  return {
    ok: { text, literal: alternatives.length === 1 && alternatives.every(isLiteral), blanket, alternatives },
    ...(pattern.length > 1 && pattern.endsWith('/') ? { warning: "ends in '/' and so matches no file" } : {}),
  };
}

/** True when the real path matches, the pattern's literal part taken to where it really lies. */
export function matchesReal(pattern: PathPattern, real: string, anchors: Anchors, trust: Trust): boolean {
  return pattern.alternatives.some(({ anchor, matches }) => {
    const at = anchors.get(anchor);
    const base = at ? at[trust] : anchor;
    if (base === null) return false;
    if (base === anchor) return matches(real);
    return isWithin(real, base) && matches(anchor + real.slice(base.length));
  });
}

/** True when the path matches as it stands. */
export function matchesText(pattern: PathPattern, path: string): boolean {
  return pattern.alternatives.some(({ matches }) => matches(path));
}

/** A path as a pattern that matches it alone. */
export function escapePath(path: string): string {
  return path.replace(/[ -.:-@[-^`{-~]/g, '\\$&');
}

type CompiledAlternative = Alternative & { readonly wild: boolean; readonly dotted: boolean };

function compileAlternative(glob: string): CompiledAlternative {
  const compiled = new Minimatch(glob, { ...OPTIONS, nobrace: true });
  const parts = compiled.set[0] ?? [];
  const wildAt = parts.findIndex((part) => typeof part !== 'string');
  const anchor = (wildAt < 0 ? parts : parts.slice(0, wildAt)).join('/');
  const dotted = parts.some((part) => part === '.' || part === '..');
  // A slash at the end means a directory, and no file is one; a link followed must not change that.
  const last = parts.at(-1);
  if (last === '' && parts.length > 1) return { anchor, wild: wildAt >= 0, dotted, matches: never };
  // Told at once of most paths that do not match, since there may be thousands of patterns.
  const ending = typeof last === 'string' ? `/${last}` : '';
  const wild = wildAt < 0 ? [] : parts.slice(wildAt);
  // Without a `**` each name has its place, and the ones of the literal part need not be compared one by one.
  const matches =
    wild.length > 0 && !wild.includes(GLOBSTAR)
      ? (path: string) => path.endsWith(ending) && matchesEach(wild, anchor, path)
      : (path: string) => path.endsWith(ending) && compiled.match(path);
  return { anchor, wild: wildAt >= 0, dotted, matches };
}

const never = () => false;

type Part = Minimatch['set'][number][number];

/** Whether a path is the literal part and then, one by one, what these parts of a pattern match. */
function matchesEach(parts: readonly Part[], anchor: string, path: string): boolean {
  if (path.charAt(anchor.length) !== '/' || !path.startsWith(anchor)) return false;
  const names = path.slice(anchor.length + 1).split('/');
  return (
    names.length === parts.length &&
    parts.every((part, at) => (typeof part === 'object' ? part.test(names[at] ?? '') : part === names[at]))
  );
}

function isLiteral(alternative: CompiledAlternative): boolean {
  return !alternative.wild;
}

function overCap(glob: string): string | null {
  const parts = glob.split('/');
  if (parts.filter((part) => part === '**').length > PATTERN_CAPS.globstars) {
    return `expected at most ${PATTERN_CAPS.globstars} '**'`;
  }
  const wildest = Math.max(...parts.map((part) => part.match(/[*?[]/g)?.length ?? 0));
  return wildest > PATTERN_CAPS.wildcardsPerSegment
    ? `expected at most ${PATTERN_CAPS.wildcardsPerSegment} wildcards between two slashes`
    : null;
}

const SHARED_ROOTS = new Set([
  '',
  '/etc',
  '/home',
  '/mnt',
  '/media',
  '/opt',
  '/root',
  '/run',
  '/srv',
  '/usr',
  '/var',
]);

function isBlanket(glob: string, home: string): boolean {
  const cut = glob.indexOf('/**');
  if (cut < 0) return false;
  const before = glob.slice(0, cut).split('/');
  while (/[*?[]/.test(before.at(-1) ?? '')) before.pop();
  const root = before.join('/').replaceAll('\\', '');
  return root === home || SHARED_ROOTS.has(root);
}

function expand(text: string, { home, env }: Expansion): { pattern: string } | { unset: string } {
  let unset: string | undefined;
  const withHome = text === '~' || text.startsWith('~/') ? escapePath(home) + text.slice(1) : text;
  if (!env) return { pattern: withHome };
  const pattern = withHome.replace(
    /(\\.)|\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
    (whole, escaped, braced, bare) => {
      if (escaped) return whole;
      const value = env[braced ?? bare];
      if (value === undefined || value === '' || hasControl(value)) {
        unset ??= String(braced ?? bare);
        return '';
      }
      return escapePath(value);
    },
  );
  return unset === undefined ? { pattern } : { unset };
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Import, scanImports, usesGlobal } from './scan-source.ts';

/**
 * What the files of one area may import. An area is a folder or a file of the tree, a package, or `node:` for all that
 * Node brings. Its own files are always among them.
 */
export interface Layer {
  readonly area: string;
  readonly may: readonly string[];
  /** These as `import type` only. */
  readonly types?: readonly string[];
  /** Not these, though they lie in what it may import. */
  readonly never?: readonly string[];
}

export interface TreeRules {
  readonly layers: readonly Layer[];
  /** The files that may import a module whose name only running them tells. */
  readonly computed: readonly string[];
  /** The files and folders that may touch the global `process`, and the folders in which nothing else may. */
  readonly process: { readonly within: readonly string[]; readonly only: readonly string[] };
  /** The same for the values of the modules that reach the disk and other processes, but for `allowed` names. */
  readonly powers: {
    readonly modules: readonly string[];
    readonly within: readonly string[];
    readonly only: readonly string[];
    readonly allowed: readonly string[];
  };
}

/** Every breach of the rules in the source files of a tree, as `file: what it does`. */
export function findBreaches(root: string, rules: TreeRules): string[] {
  return sourceFiles(root).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const imports = scanImports(source);
    return [
      ...breachesOfLayer(file, imports, rules),
      ...(isAmong(file, rules.process.within) &&
      !isAmong(file, rules.process.only) &&
      (usesGlobal(source, 'process') || imports.some(({ from }) => /^(?:node:)?process$/.test(from ?? '')))
        ? [`${file}: touches process`]
        : []),
      ...breachesOfPowers(file, imports, rules.powers),
    ];
  });
}

/** Everything that runs where one file does: the files of the tree that it leads to, and the packages that they import. */
export function findReach(
  root: string,
  entry: string,
): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  // It grows while it is gone through.
  for (const file of files) {
    for (const { from, typeOnly } of scanImports(readFileSync(join(root, file), 'utf8'))) {
      if (typeOnly) continue;
      const target = targetOf(file, from ?? '?');
      if (from?.startsWith('.')) files.add(target);
      else if (!target.startsWith('node:')) packages.add(target);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

function breachesOfLayer(
  file: string,
  imports: readonly Import[],
  { layers, computed }: TreeRules,
): string[] {
  const layer = layerOf(file, layers);
  if (!layer) return [`${file}: belongs to no area`];
  return imports.flatMap(({ from, typeOnly }) => {
    if (from === null)
      return computed.includes(file) ? [] : [`${file}: imports what only running it could tell`];
    const target = targetOf(file, from);
    const may = [layer.area, ...layer.may, ...(typeOnly ? (layer.types ?? []) : [])];
    const fits = isAmong(target, may) && !isAmong(target, layer.never ?? []);
    return fits ? [] : [`${file}: imports ${typeOnly ? 'types of ' : ''}${target}`];
  });
}

function breachesOfPowers(file: string, imports: readonly Import[], powers: TreeRules['powers']): string[] {
  if (!isAmong(file, powers.within) || isAmong(file, powers.only)) return [];
  return imports.flatMap(({ from, values }) => {
    if (!powers.modules.includes((from ?? '').replace(/^node:/, ''))) return [];
    return values
      .filter((name) => !powers.allowed.includes(name))
      .map((name) => `${file}: takes ${name} of ${from}`);
  });
}

/** The most particular area that a file lies in. */
function layerOf(file: string, layers: readonly Layer[]): Layer | undefined {
  const holding = layers.filter(({ area }) => isAmong(file, [area]));
  return holding.sort((a, b) => b.area.length - a.area.length)[0];
}

/** What an import leads to: a path of the tree, a package, or a module of Node. */
function targetOf(file: string, from: string): string {
  if (from.startsWith('.')) return normalize(join(dirname(file), from));
  if (from.startsWith('node:')) return from;
  return from.split('/', from.startsWith('@') ? 2 : 1).join('/');
}

function isAmong(path: string, areas: readonly string[]): boolean {
  return areas.some((area) => path === area || path.startsWith(area === 'node:' ? area : `${area}/`));
}

function sourceFiles(root: string): string[] {
  const folders = ['schemas', 'core', 'spokes', 'cli'].filter((folder) => existsSync(join(root, folder)));
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${folder}/${name}`,
      ),
    )
    .filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.includes('node_modules/'))
    .sort();
}

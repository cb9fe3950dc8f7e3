import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** So long nothing more must have changed: an editor writes in several steps. */
const QUIET_MS = 100;
/** More directories than anybody writes spokes in. */
const MAX_DIRECTORIES = 500;

/**
 * Calls back after each change below a directory, once nothing more changes for a moment, until the signal aborts. What
 * is no part of a spoke, such as packages and hidden files, is passed over.
 */
export async function watchSources(
  root: string,
  onChange: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      work = work
        .then(follow)
        .then(onChange)
        .catch(() => {});
    }, QUIET_MS);
  };
  const follow = async () => {
    const found = await directoriesBelow(root);
    for (const [path, watcher] of watchers) {
      if (found.includes(path)) continue;
      watcher.close();
      watchers.delete(path);
    }
    for (const path of found.filter((one) => !watchers.has(one) && !signal.aborted)) {
      // One that is gone by now is told of by the one above it.
      const watcher = watch(path).on('error', () => {});
      watcher.on('change', (_event, name) => {
        if (!String(name ?? '').startsWith('.')) later();
      });
      watchers.set(path, watcher);
    }
  };
  await follow();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearTimeout(timer);
  for (const watcher of watchers.values()) watcher.close();
  await work;
}

async function directoriesBelow(root: string): Promise<readonly string[]> {
  const found = [root];
  for (const directory of found) {
    if (found.length > MAX_DIRECTORIES) break;
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory() && !/^(?:\.|node_modules$|__pycache__$)/.test(entry.name)) {
        found.push(`${directory}/${entry.name}`);
      }
    }
  }
  return found;
}

import { dirname } from 'node:path';
import { watch } from 'chokidar';

/**
 * Calls back whenever a file may have changed: written, replaced by rename, removed, made, or its link moved. It watches
 * the directory, so that the file need not be there. Returns what ends it.
 */
export async function watchFile(
  file: string,
  onChange: () => void,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const directory = dirname(file);
  const watcher = watch(directory, {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path !== directory && path !== file,
  });
  watcher.on('all', (_event, path) => {
    if (path === file) onChange();
  });
  watcher.on('error', onError);
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return () => watcher.close();
}

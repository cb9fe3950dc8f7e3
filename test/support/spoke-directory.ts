import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a directory of files and returns its path. */
export function writeTree(directory: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** Writes a spoke that would load, but for what is changed in its files. */
export function writeSpoke(
  root: string,
  name: string,
  changed: Readonly<Record<string, string>> = {},
): string {
  return writeTree(join(root, name), {
    'spoke.yaml': `name: ${name}\nversion: 1.0.0\nentrypoint: main:register\n`,
    'main.mjs': 'export function register() {}\n',
    ...changed,
  });
}

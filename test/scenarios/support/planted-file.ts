import { existsSync, mkdirSync } from 'node:fs';
import type { Aim } from './attack.ts';

/** Code of an attack: `plant(path)` tries every way to make a file, and returns the first that worked. */
export const WRITE = `
  import fs from 'node:fs';
  const WAYS = {
    write: (path) => fs.writeFileSync(path, 'planted'),
    append: (path) => fs.appendFileSync(path, 'planted'),
    open: (path) => fs.closeSync(fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT)),
    exclusive: (path) => fs.closeSync(fs.openSync(path, 'wx')),
    directory: (path) => fs.mkdirSync(path),
    symlink: (path) => fs.symlinkSync('/etc/passwd', path),
    link: (path) => fs.linkSync(process.execPath, path),
    copy: (path) => fs.copyFileSync(new URL('./attack.mjs', import.meta.url), path),
  };
  function plant(path) {
    const refused = [];
    for (const [name, way] of Object.entries(WAYS)) {
      try {
        way(path);
        return name;
      } catch (error) {
        refused.push(error.code);
      }
    }
    throw new Error(refused.join());
  }
`;

/** Each way was refused, and by what it may have been. */
export const EVERY_WAY_REFUSED =
  /(?:EACCES|EPERM|ENOENT|EROFS|ERR_ACCESS_DENIED)(?:,(?:EACCES|EPERM|ENOENT|EROFS|ERR_ACCESS_DENIED)){7}$/;

/** A name in a directory that must not be there afterwards. */
export function plantIn(directory: string): Aim {
  mkdirSync(directory, { recursive: true });
  const path = `${directory}/planted`;
  return { target: { path }, harmed: () => existsSync(path) };
}

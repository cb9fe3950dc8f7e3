import * as fs from 'node:fs';
import type { Seeded } from '../../chaos/seeded.ts';

/**
 * What every whole version of the file says: a beginning of it is valid, and wider than all of it. `filler` makes each
 * version another text.
 */
export const wholeFile = (filler: string) => `lab:
  fs_write: [~/secret/*, ~/open-${filler}/*]
  deny:
    fs_write: [~/secret/*]
  exec: false
`;

/** How long a half-written file may lie there before it counts as what its user meant. Milliseconds. */
const SETTLES_MS = 100;

/** Makes edits of one file in every way in which editors and scripts do, half of them bad. */
export function createEditor(path: string, random: Seeded) {
  let edits = 0;
  /** Where the machine was so slow that half a file lay there for long, what was decided meanwhile is nobody's fault. */
  const excused: { readonly from: number; readonly to: number }[] = [];
  const byRename = (text: string) => {
    fs.writeFileSync(`${path}.new`, text);
    fs.renameSync(`${path}.new`, path);
  };
  const bySymlink = (text: string) => {
    const target = `${path}.version-${edits % 3}`;
    fs.rmSync(target, { force: true });
    fs.writeFileSync(target, text);
    fs.rmSync(`${path}.link`, { force: true });
    fs.symlinkSync(target, `${path}.link`);
    fs.renameSync(`${path}.link`, path);
  };
  const inPieces = (text: string) => {
    const from = Date.now();
    const fd = fs.openSync(path, 'w');
    const half = random.below(text.length);
    fs.writeSync(fd, text.slice(0, half));
    sleep(random.below(20));
    fs.writeSync(fd, text.slice(half));
    fs.closeSync(fd);
    const to = Date.now();
    if (to - from > SETTLES_MS) excused.push({ from, to: to + 2000 });
  };
  const WAYS = [byRename, bySymlink, inPieces];
  const BROKEN = [
    (text: string) => text.replace('deny:', 'deny: ['),
    (text: string) => `${text}lab:\n  exec: true\n`,
    (text: string) => text.replace('exec: false', 'exec: flase'),
    (text: string) => `\0${text}`,
    (text: string) => text.replace('  deny', '\tdeny'),
  ];
  return {
    excused,
    /** One edit; every other one is malformed or half written on its way. */
    edit(): void {
      edits += 1;
      const text = wholeFile(String(edits));
      const way = WAYS[random.below(WAYS.length)] ?? byRename;
      const breakIt = BROKEN[random.below(BROKEN.length)];
      if (edits % 4 === 0 && breakIt) way(breakIt(text));
      else if (edits % 4 === 2) inPieces(text);
      else way(text);
    },
  };
}

/** The process does nothing else meanwhile, so that the pause is as short as it can be. */
function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

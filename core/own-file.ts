import { constants } from 'node:fs';
import { errno } from './errors.ts';
import { removeLeftovers } from './leftovers.ts';
import type { Powers } from './powers.ts';
import { describeFailure, explainOpening, NEVER_ELSEWHERE, refuseStranger } from './state-file.ts';

/**
 * The text of a file of the daemon's own state; null where there is none. Throws for what is no such file, as a link or one
 * of somebody else, and for one of more than `maxBytes`.
 */
export async function readOwnFile(
  { files, uid }: Pick<Powers, 'files' | 'uid'>,
  path: string,
  maxBytes: number,
): Promise<string | null> {
  const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null;
    throw explainOpening(path, error);
  });
  try {
    if (handle === null) return null;
    const stat = await handle.stat();
    refuseStranger(path, stat, uid);
    if (stat.size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle?.close();
  }
}

/** Puts a damaged file of the state aside, where nothing reads it and its user finds it; tells what became of it. */
export async function moveAside(
  { files, clock }: Pick<Powers, 'files' | 'clock'>,
  path: string,
): Promise<string> {
  await removeLeftovers(files, path);
  const aside = `${path}.damaged-${clock.now()}`;
  const failure = await files.rename(path, aside).then(() => null, describeFailure);
  return failure === null ? `it was moved to ${aside}` : `it cannot be moved away (${failure}); remove it`;
}

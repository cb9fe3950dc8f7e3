import type { Powers } from '../powers.ts';

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/**
 * Gives two directories each the name of the other, in one step of the kernel: whoever looks finds one of them under each
 * name, and whole. Without koffi, by which that call is made, in two steps, between which there is nothing under `there`.
 * Where it fails, all is as it was.
 */
export async function exchange(
  { files, randomHex }: Pick<Powers, 'files' | 'randomHex'>,
  coming: string,
  there: string,
): Promise<void> {
  if (await exchangedAtOnce(coming, there)) return;
  const aside = `${coming}-${randomHex(4)}`;
  await files.rename(there, aside);
  try {
    await files.rename(coming, there);
  } catch (error) {
    await files.rename(aside, there);
    throw error;
  }
  await files.rename(aside, coming);
}

/** False where this host cannot, whatever the reason: the longer way finds out what that is. */
async function exchangedAtOnce(one: string, other: string): Promise<boolean> {
  try {
    const { default: koffi } = await import('koffi');
    const renameat2 = koffi
      .load(null)
      .func('int renameat2(int, const char *, int, const char *, unsigned int)');
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) === 0;
  } catch {
    return false;
  }
}

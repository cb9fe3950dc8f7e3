import type { Powers } from '../../../core/powers.ts';
import type { Sandbox } from '../../../core/sandbox/sandbox.ts';
import { readSmallTree } from '../../../core/sandbox/small-tree.ts';
import { WarmProcess } from '../../../core/sandbox/warm-process.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

/** A process that was started ahead and was given this spoke, as a sandbox that starts it; null where it did not start. */
export async function startedAhead(powers: Powers, sandbox: Sandbox, spoke: string): Promise<Sandbox | null> {
  const warm = await WarmProcess.start(powers, sandbox, `${makeTemporaryDirectory()}/warm`);
  if (!(await warm.ready)) return null;
  const tree = await readSmallTree(powers.files, spoke);
  if (tree === null) throw new Error(`${spoke} is too large to be started ahead`);
  const isAdmitted = async () => true;
  const taken = await warm.take({ tree, module: 'main.mjs', isAdmitted });
  if (taken === null) throw new Error('the process that was started ahead was not taken');
  return { level: sandbox.level, start: () => taken };
}

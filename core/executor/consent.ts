import type { Peer } from './peer-tier.ts';
import type { ExecutorPowers } from './powers.ts';
import { lookAtProcess } from './process-check.ts';
import { programProblem } from './root-owned.ts';
import { runAction } from './run-action.ts';

const PKCHECK = '/usr/bin/pkcheck';
/** How long a person may think before the answer is no. */
const PATIENCE_MS = 120_000;

/** The id under which polkit knows an action of the table: its words are divided by hyphens there. */
export function polkitAction(action: string): string {
  return `org.axium.executor.${action.replaceAll('_', '-')}`;
}

/**
 * Asks polkit whether a peer may have an action done. The subject is the process by number, start and uid: a number alone
 * could be another's by the time that polkit looks. Whatever is not a plain yes is a no.
 */
export async function askPolkit(
  powers: ExecutorPowers,
  environment: Readonly<Record<string, string>>,
  { pid, uid }: Peer,
  action: string,
): Promise<boolean> {
  if (programProblem(powers.files, PKCHECK) !== null) return false;
  const found = lookAtProcess(powers.files, pid);
  if (found === null || found.uids[0] !== uid) return false;
  const subject = `${pid},${found.start},${uid}`;
  const argv = [
    PKCHECK,
    '--action-id',
    polkitAction(action),
    '--process',
    subject,
    '--allow-user-interaction',
  ];
  const limits = { timeout: PATIENCE_MS, output: 4096, environment: { ...environment } };
  const { end, code } = await runAction(powers, limits, argv);
  // Who asked has to be there still: an answer is for nobody else.
  const now = lookAtProcess(powers.files, pid);
  return end === 'exited' && code === 0 && now !== null && now.start === found.start;
}

import type { CrossCheck, Verdict } from '../../schemas/audit.ts';
import { EXECUTOR } from '../../schemas/executor.ts';
import { crossCheck } from '../audit/cross-check.ts';
import { readLog } from '../audit/read-log.ts';
import { verifyChain } from '../audit/verify-chain.ts';
import { readTable } from '../privileged/action-words.ts';
import { sudoersFor } from '../privileged/sudoers.ts';
import { loadConfig } from '../registry/load-config.ts';
import type { Site } from './site.ts';

interface ExecutorVerdict {
  readonly ok: true;
  readonly verdict: Verdict;
  /** Null where one of the chains does not hold by itself. */
  readonly cross: CrossCheck | null;
}

/** Checks the executor's chain, which lies in a file, and it and the daemon's against each other. */
export async function verifyExecutor(
  { powers, places }: Site,
  file = `${EXECUTOR.state}/${EXECUTOR.auditLog}`,
): Promise<ExecutorVerdict> {
  const read = (path: string) => readLog(powers.files, path);
  const verdict = await verifyChain(read(file));
  const own = await verifyChain(read(places.auditLog));
  if (!verdict.ok || !own.ok) return { ok: true, verdict: verdict.ok ? own : verdict, cross: null };
  // Whoever runs this, the log is of the user to whom it belongs.
  const { uid } = await powers.files.stat(places.auditLog);
  const cross = await crossCheck({
    daemon: read(places.auditLog),
    executor: read(file),
    uid,
    daemonBegins: own.begins,
    executorBegins: verdict.begins,
  });
  return { ok: true, verdict, cross };
}

/** The rules by which sudo would let a user do what the table offers, without an executor. */
export async function listSudoers({ powers, places, packageRoot }: Site, user: string) {
  const { executor } = await loadConfig(powers, places.configFile);
  const shipped = `${packageRoot}/packaging/actions.yaml`;
  const table = readTable(powers.filesNow, { table: executor.table, shipped });
  return { ok: true, text: sudoersFor(table, user) };
}

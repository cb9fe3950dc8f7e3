import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { AuditRecord } from '../schemas/audit.ts';
import type { Powers } from './powers.ts';
import { NEVER_ELSEWHERE } from './state-file.ts';

/** More than all requests that can have been under way at once fill in the log. Bytes. */
const LAST_BYTES = 1_048_576;
/** As the portal that writes files names the new version of one until it is whole. */
const UNFINISHED = /^\.axium-[0-9a-f]{16}\.tmp$/;

/**
 * Removes the new versions of spokes' files that a daemon was writing when it was killed. The log tells where: each is
 * beside the target of a write that was allowed and has no outcome. To be called by who holds the lock, before any spoke
 * runs. Never fails: they cost space and nothing else. Returns how many went.
 */
export async function removeUnfinishedWrites(
  { files, uid }: Pick<Powers, 'files' | 'uid'>,
  auditLog: string,
): Promise<number> {
  const text = await readEnd(files, auditLog).catch(() => '');
  let count = 0;
  for (const directory of directoriesIn(text)) {
    for (const name of await files.readdir(directory).catch(() => [])) {
      if (!UNFINISHED.test(name)) continue;
      const path = `${directory}/${name}`;
      const stat = await files.lstat(path).catch(() => null);
      if (!stat?.isFile() || stat.uid !== uid) continue;
      count += await files.unlink(path).then(
        () => 1,
        () => 0,
      );
    }
  }
  return count;
}

function directoriesIn(text: string): ReadonlySet<string> {
  const targets = new Map<string, string>();
  for (const line of text.split('\n')) {
    const record = parse(line);
    if (record?.type === 'outcome') targets.delete(record.request);
    if (record?.type !== 'decision' || record.command !== 'fs_write' || record.effect !== 'allow') continue;
    if (typeof record.target === 'string' && record.target.startsWith('/'))
      targets.set(record.request, record.target);
  }
  return new Set([...targets.values()].map((target) => dirname(target)));
}

function parse(line: string): AuditRecord | null {
  try {
    return JSON.parse(line) as AuditRecord;
  } catch {
    return null;
  }
}

async function readEnd(files: Powers['files'], path: string): Promise<string> {
  const handle = await files.open(path, constants.O_RDONLY | NEVER_ELSEWHERE);
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - LAST_BYTES);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

import { readFile, unlink } from 'node:fs/promises';
import type { Plan } from '../schemas/plan.ts';
import type { Question } from './ask-decision.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { forgetLast, remember, sha256 } from './edit-history.ts';
import { CliError, EXIT } from './exit.ts';
import { readIfThere, replaceFile } from './replace-file.ts';
import { runCheck } from './run-check.ts';

/** What the daemon reads of permissions.yaml at most. */
const MAX_BYTES = 1_048_576;

/** The text of permissions.yaml, or null where there is none. */
export async function readPermissionsFile({ places }: Context): Promise<string | null> {
  const file = places.permissionsFile;
  const text = await readIfThere(file, MAX_BYTES);
  if (text !== '') {
    // What is no UTF-8 could not be written back as it was.
    if (!Buffer.from(text, 'utf8').equals(await readFile(file)))
      throw new CliError(EXIT.badYaml, `${file}: expected UTF-8 text; mend the file first`);
    return text;
  }
  return (await readFile(file).catch(() => null)) === null ? null : '';
}

/** What a new text would come to, told by the code that decides. */
export function planChange(
  context: Context,
  before: string | null,
  text: string,
  question?: Question,
): Promise<Plan> {
  const about = question === undefined ? {} : { question: { resource: null, ...question } };
  return runCheck(context, 'plan', undefined, { before: before ?? '', text, ...about });
}

/**
 * Puts a text in the place of the one that was read, in one step, and keeps the old one for `axium perms undo`. Throws
 * CliError 75 where the file is no longer what was read.
 */
export async function savePermissions(
  { places }: Context,
  { what, before, text }: { readonly what: string; readonly before: string | null; readonly text: string },
): Promise<void> {
  await remember(places.editHistory, { what, before, after: sha256(text) });
  await replaceFile(places.permissionsFile, before ?? '', text);
}

/** Puts back what was before the last change. */
export async function restorePermissions(
  { places }: Context,
  { now, before }: { readonly now: string; readonly before: string | null },
): Promise<void> {
  if (before === null) {
    if ((await readIfThere(places.permissionsFile, MAX_BYTES)) !== now)
      throw new CliError(
        EXIT.busy,
        'permissions.yaml was changed by somebody else in the meantime; try again',
      );
    await unlink(places.permissionsFile);
  } else await replaceFile(places.permissionsFile, now, before);
  await forgetLast(places.editHistory, now);
}

/** Whether what was saved counts, and what else there is to say. */
export type Standing = 'in force' | 'strict' | 'not running';

/**
 * Waits until the daemon has read the file and taken it, which for what it adds is a moment later than for what it takes
 * away. Throws where it has taken something else.
 */
export async function confirmPermissions(context: Context, text: string | null): Promise<Standing> {
  try {
    const { sha256: hash, strict, problems } = await request(context, 'perms_load');
    // The daemon reads a file without the mark that some editors begin it with.
    if (hash === sha256((text ?? '').replace(/^\ufeff/, ''))) return strict ? 'strict' : 'in force';
    const message = 'permissions.yaml is saved, and the daemon has not taken it';
    const [reason] = problems;
    if (reason !== undefined) throw new CliError(EXIT.no, `${message}:`, problems);
    throw new CliError(
      EXIT.no,
      `${message}: it was changed again since, or cannot be kept; see 'axium status'`,
    );
  } catch (error) {
    if (error instanceof DaemonNotRunning) return 'not running';
    throw error;
  }
}

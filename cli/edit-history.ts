import { createHash } from 'node:crypto';
import { type EditHistory, editHistorySchema, type HistoryEntry } from '../schemas/edit-history.ts';
import { CliError, EXIT } from './exit.ts';
import { readIfThere, replaceFile } from './replace-file.ts';

/** Changes that are kept, and characters of all of them together. */
const MAX_ENTRIES = 20;
const MAX_TEXT = 8_388_608;
/** As JSON, one character of text is at most six bytes. */
const MAX_BYTES = 6 * MAX_TEXT + 65_536;

/** Keeps what a text was before a change, so that it can be had back byte for byte. To be called before the change. */
export async function remember(path: string, entry: Omit<HistoryEntry, 'time'>): Promise<void> {
  const { text, history } = await readHistory(path);
  const entries = [...history.entries, { time: new Date().toISOString(), ...entry }];
  await writeHistory(path, text, entries);
}

/**
 * The change that made this text, or null where no command did. A change that is on record and never came to be, since
 * the command was killed in between, is passed over.
 */
export async function lastChange(path: string, text: string | null): Promise<HistoryEntry | null> {
  const { history } = await readHistory(path);
  return wherever(history.entries, text).at(-1) ?? null;
}

/** Forgets the last change that made this text, which is undone, and all that came after it. */
export async function forgetLast(path: string, text: string | null): Promise<void> {
  const { text: before, history } = await readHistory(path);
  await writeHistory(path, before, wherever(history.entries, text).slice(0, -1));
}

/** True where there is any change on record. */
export async function hasHistory(path: string): Promise<boolean> {
  return (await readHistory(path)).history.entries.length > 0;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The entries up to the one that made a text; without those behind it that never came to be. */
function wherever(entries: readonly HistoryEntry[], text: string | null): readonly HistoryEntry[] {
  const hash = sha256(text ?? '');
  for (let length = entries.length; length > 0; length -= 1) {
    const entry = entries[length - 1] as HistoryEntry;
    if (entry.after === hash) return entries.slice(0, length);
    if (entry.before !== text) return [];
  }
  return [];
}

async function readHistory(path: string): Promise<{ readonly text: string; readonly history: EditHistory }> {
  const text = await readIfThere(path, MAX_BYTES);
  if (text === '') return { text, history: { v: 1, entries: [] } };
  try {
    return { text, history: editHistorySchema.parse(JSON.parse(text)) };
  } catch {
    throw new CliError(
      EXIT.internal,
      `${path}: expected the changes that can be undone, found something else; remove it`,
    );
  }
}

async function writeHistory(path: string, before: string, entries: readonly HistoryEntry[]): Promise<void> {
  const kept = entries.slice(-MAX_ENTRIES);
  while (kept.length > 1 && kept.reduce((sum, { before: text }) => sum + (text?.length ?? 0), 0) > MAX_TEXT)
    kept.shift();
  await replaceFile(path, before, `${JSON.stringify({ v: 1, entries: kept })}\n`);
}

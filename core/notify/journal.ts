import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppendFile } from '../append-file.ts';
import type { Powers } from '../powers.ts';

const notification = z.strictObject({
  id: z.string(),
  time: z.string(),
  source: z.string(),
  title: z.string(),
  body: z.string(),
  level: z.enum(['info', 'success', 'warning', 'error']),
});
const change = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add'), notification }),
  z.strictObject({ op: z.literal('done'), ids: z.array(z.string()) }),
]);

export type Change = z.infer<typeof change>;

/**
 * The notification queue on disk: a line for each change, with a checksum. `write` settles when the line is fsynced;
 * lines that come while an fsync is under way share the next one.
 */
export class Journal {
  readonly #powers: Pick<Powers, 'filesNow' | 'clock'>;
  readonly #file: AppendFile;
  #waiting: {
    readonly line: string;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #syncing = false;

  constructor(powers: Pick<Powers, 'filesNow' | 'clock'>, path: string) {
    this.#powers = powers;
    this.#file = new AppendFile(powers.filesNow, path);
  }

  write(next: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: encode(next), resolve, reject });
      if (this.#waiting.length === 1 && !this.#syncing) this.#powers.clock.endOfTick(() => this.#commit());
    });
  }

  close(): void {
    this.#file.close();
  }

  #commit(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const before = this.#file.size;
    try {
      this.#file.append(batch.map(({ line }) => line).join(''));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    this.#syncing = true;
    this.#file.sync((error) => {
      this.#syncing = false;
      // Refused means refused: it must not be there after a restart.
      if (error) this.#file.cutBack(before);
      for (const { resolve, reject } of batch) {
        if (error) reject(error);
        else resolve();
      }
      this.#commit();
    });
  }
}

/** The changes that a journal's text holds, and how many lines were damaged and are not among them. */
export function readJournal(text: string): { readonly changes: readonly Change[]; readonly damaged: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const changes = lines.map(decode);
  const whole = changes.filter((entry) => entry !== null);
  return { changes: whole, damaged: lines.length - whole.length };
}

export function encode(next: Change): string {
  const json = JSON.stringify(next);
  return `${checksum(json)} ${json}\n`;
}

function decode(line: string): Change | null {
  const json = line.slice(line.indexOf(' ') + 1);
  if (line.slice(0, line.indexOf(' ')) !== checksum(json)) return null;
  try {
    const parsed = change.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, 16);
}

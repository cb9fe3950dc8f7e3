import { lineOfFunction } from '../function-line.ts';
import type { Powers } from '../powers.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import { readText } from '../registry/read-text.ts';

const MAX_BYTES = 1_048_576;

/** The line of the function that the entrypoint names, for messages; null where it cannot be told. Never rejects. */
export async function findEntryLine(
  files: Powers['files'],
  { directory, module, function: name }: LoadedManifest,
): Promise<number | null> {
  if (name === '') return null;
  const options = { maxBytes: MAX_BYTES, follow: false };
  const read = await readText(files, `${directory}/${module}`, options).catch(() => null);
  return read === null ? null : lineOfFunction(read.text, name);
}

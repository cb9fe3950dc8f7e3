/**
 * A log is cut into pieces: the one being written has the plain name, and a finished one is named for the last record of
 * `audit.jsonl` that was written before it was finished: `audit.jsonl.000000000120`.
 */
export function pieceName(log: string, last: number): string {
  return `${log}.${String(last).padStart(12, '0')}`;
}

/** The number in the name of a finished piece; null for every other name. */
export function lastOfPiece(log: string, name: string): number | null {
  const digits = name.startsWith(`${log}.`) ? name.slice(log.length + 1) : '';
  return /^\d{12,15}$/.test(digits) ? Number(digits) : null;
}

/** The finished pieces among these names, the oldest first. */
export function finishedPieces(
  log: string,
  names: readonly string[],
): readonly { readonly name: string; readonly last: number }[] {
  return names
    .map((name) => ({ name, last: lastOfPiece(log, name) }))
    .filter((piece): piece is { name: string; last: number } => piece.last !== null)
    .sort((one, other) => one.last - other.last);
}

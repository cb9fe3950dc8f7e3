/** A length of time as people write it: 90s, 5m, 2h. */
export const DURATION = /^[1-9]\d{0,6}(?:ms|s|m|h|d)$/;

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The milliseconds of a text that DURATION matches. */
export function millisecondsOf(text: string): number {
  const unit = text.replace(/^\d+/, '') as keyof typeof UNIT_MS;
  return Number.parseInt(text, 10) * UNIT_MS[unit];
}

import { Slots } from './channel/slots.ts';

/** So many lookups of one spoke at once, the others in turn. */
export function lookupTurns(count: number): <T>(spoke: string, look: () => Promise<T>) => Promise<T> {
  const bySpoke = new Map<string, Slots>();
  return async (spoke, look) => {
    const slots = bySpoke.get(spoke) ?? new Slots(count);
    bySpoke.set(spoke, slots);
    await slots.take();
    try {
      return await look();
    } finally {
      slots.free();
    }
  };
}

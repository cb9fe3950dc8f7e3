import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';

/**
 * Whoever has just read what a spoke asks for, and added it, has consented to that: also where it was there before. They
 * are asked only where something waits. True where it still does.
 */
export async function consentToAdded(
  context: Context,
  spoke: string,
  accepts: () => Promise<boolean>,
): Promise<boolean> {
  try {
    const { waiting, offer } = await request(context, 'spoke_review', { spoke });
    if (waiting.length === 0) return false;
    if (!(await accepts())) return true;
    await request(context, 'spoke_accept', { spoke, offer });
    return false;
  } catch (error) {
    // The next daemon takes what it finds for the first time as accepted, and anything else is to be reviewed.
    if (error instanceof DaemonNotRunning) return false;
    throw error;
  }
}

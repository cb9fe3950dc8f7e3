import type { Effective } from '../schemas/effective.ts';
import { DaemonNotRunning, request } from './client.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { runCheck } from './run-check.ts';

/** What each spoke may do, by its name: of the running daemon, or what the files say. Nothing where those are broken. */
export async function rightsOfSpokes(context: Context): Promise<ReadonlyMap<string, Effective>> {
  const { spokes } = await request(context, 'perms_list').catch(async (error: unknown) => {
    if (!(error instanceof DaemonNotRunning)) throw error;
    return runCheck(context, 'perms').catch(ifBroken);
  });
  return new Map(spokes.map(({ name, effective }) => [name, effective]));
}

function ifBroken(error: unknown): { readonly spokes: readonly [] } {
  if (error instanceof CliError) return { spokes: [] };
  throw error;
}

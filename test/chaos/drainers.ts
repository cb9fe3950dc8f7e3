import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AxiumHome } from '../integration/support/axium-home.ts';
import type { Snapshot } from './package-snapshot.ts';

/** What one `axium notify drain --json` printed, and how it ended. */
export interface Drained {
  readonly printed: readonly { readonly id: string; readonly title: string; readonly source: string }[];
  /** It ended well, and so knows that what it printed is out of the queue. */
  readonly committed: boolean;
  readonly killed: boolean;
  /** What it told about its failure. */
  readonly said: string;
}

/** Runs a real drainer; it is killed after so many milliseconds, where a number is given. */
export async function drain(
  home: AxiumHome,
  { cli }: Snapshot,
  killAfterMs: number | null,
): Promise<Drained> {
  const child = spawn(process.execPath, [cli, 'notify', 'drain', '--json'], {
    env: { ...home.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = killAfterMs === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  let [text, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (timer) clearTimeout(timer);
  return { printed: printedIn(text), committed: code === 0, killed: signal === 'SIGKILL', said };
}

/** What stands in the output, were it cut off by a kill. */
function printedIn(text: string): Drained['printed'] {
  try {
    return JSON.parse(text) as Drained['printed'];
  } catch {
    const objects = text.matchAll(
      /"id": "(\w+)",\s*"time": "[^"]*",\s*"source": "([^"]*)",\s*"title": "([^"]*)"/g,
    );
    return [...objects].map(([, id = '', source = '', title = '']) => ({ id, source, title }));
  }
}

import type { Readable } from 'node:stream';
import type { Launched } from './run-command.ts';

/**
 * Follows what bubblewrap tells of itself on --json-status-fd: the first process of the namespace before that process
 * goes on, and an exit code only where the command itself was reached.
 */
export function followStatus(status: Readable | null): Launched {
  let text = '';
  let waiting: ((pid: number) => void)[] = [];
  const tell = () => {
    const found = /"child-pid":\s*(\d+)\D/.exec(text);
    if (!found) return;
    const calls = waiting;
    waiting = [];
    for (const call of calls) call(Number(found[1]));
  };
  status?.setEncoding('utf8');
  status?.on('data', (chunk: string) => {
    text += chunk;
    tell();
  });
  status?.on('error', () => {});
  return {
    wasReached: () => text.includes('"exit-code"'),
    whenInner(call) {
      waiting.push(call);
      tell();
    },
  };
}

import { mkdir, writeFile } from 'node:fs/promises';
import type { DecisionEntry } from '../../../schemas/audit.ts';
import type { World } from './cli.ts';

export type Written = Partial<DecisionEntry> & { readonly time: string };

/** Writes an audit log of decisions about `weather`, denied unless told otherwise. */
export async function writeAudit({ axium }: World, entries: readonly Written[]): Promise<void> {
  const lines = entries.map((entry, index) =>
    JSON.stringify({
      v: 1,
      seq: index + 1,
      prev: '0'.repeat(64),
      type: 'decision',
      request: `r-${index + 1}`,
      principal: 'spoke:weather',
      subject: 'weather#1',
      level: 'strong',
      command: 'fs_read',
      action: 'fs_read',
      resource: null,
      target: null,
      effect: 'deny',
      reason: 'no rule allows it',
      rule: null,
      via_override: false,
      policy: 'x',
      ...entry,
    }),
  );
  await mkdir(`${axium}/state`, { recursive: true, mode: 0o700 });
  await writeFile(`${axium}/state/audit.jsonl`, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** A read of a file in the home, as a record has it. */
export function readOf(
  { home }: World,
  path: string,
  time: string,
  more: Partial<DecisionEntry> = {},
): Written {
  return { time, resource: `~/${path}`, target: `${home}/${path}`, ...more };
}

/** A command, as a record has it. */
export function execOf(argv: readonly string[], time: string, more: Partial<DecisionEntry> = {}): Written {
  const [program = '', ...rest] = argv;
  const resource = [program.slice(program.lastIndexOf('/') + 1), ...rest].join(' ');
  return { time, command: 'daemon_exec', action: 'exec', resource, target: JSON.stringify(argv), ...more };
}

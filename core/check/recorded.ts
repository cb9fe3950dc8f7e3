import type { Action } from '../../schemas/actions.ts';
import { ACTIONS } from '../../schemas/actions.ts';
import { auditRecordSchema, type DecisionRecord } from '../../schemas/audit.ts';
import type { PathTarget, Target } from '../../schemas/decision.ts';
import { readLog } from '../audit/read-log.ts';
import { NO_FILE } from '../policy/decide.ts';
import { askedPath } from '../portals/asked-path.ts';
import { type CommandPowers, resolveCommand } from '../portals/resolve-command.ts';
import type { Powers } from '../powers.ts';
import type { Site } from './site.ts';

/** The same request, made by the same spoke once or more and decided alike. */
export interface RecordedRequest
  extends Pick<DecisionRecord, 'command' | 'resource' | 'target' | 'reason' | 'rule'> {
  readonly spoke: string;
  readonly action: Action;
  /** What the rules said: where a person was asked, that, and not what the person said. */
  readonly effect: DecisionRecord['effect'];
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly last: string;
}

export interface RecordedRequests {
  readonly requests: readonly RecordedRequest[];
  /** When the log begins; null where it is empty. */
  readonly begins: string | null;
  /** How many requests were left out, since there were too many different ones. */
  readonly more: number;
}

const MAX_REQUESTS = 50_000;
/** Questions to people that can be open at once. */
const MAX_OPEN = 10_000;

/** What spokes have asked for since a moment, as the audit log has it. */
export async function recordedRequests({ powers, places }: Site, since: number): Promise<RecordedRequests> {
  const found = new Map<string, RecordedRequest>();
  const open = new Set<string>();
  let begins: string | null = null;
  let more = 0;
  for await (const { text } of readLog(powers.files, places.auditLog)) {
    const record = decisionIn(text);
    begins ??= record?.time ?? null;
    if (record === null || Date.parse(record.time) < since) continue;
    // The record that follows a question tells what the person said.
    if (open.delete(record.request)) continue;
    if (record.effect === 'ask' && open.size < MAX_OPEN) open.add(record.request);
    const request = requestOf(record);
    if (request === null) continue;
    const { spoke, command, action, resource, target, effect } = request;
    const key = JSON.stringify([spoke, command, action, resource, target, effect]);
    const known = found.get(key);
    if (known) found.set(key, { ...request, count: known.count + 1 });
    else if (found.size < MAX_REQUESTS) found.set(key, request);
    else more += 1;
  }
  return { requests: [...found.values()], begins, more };
}

function decisionIn(line: string): DecisionRecord | null {
  if (!line.includes('"decision"')) return null;
  try {
    const parsed = auditRecordSchema.safeParse(JSON.parse(line));
    return parsed.success && parsed.data.type === 'decision' ? parsed.data : null;
  } catch {
    // A line that is none is for `audit verify` to tell of.
    return null;
  }
}

function requestOf(record: DecisionRecord): RecordedRequest | null {
  const { principal, command, resource, target, effect, reason, rule, time } = record;
  const action = ACTIONS.find((one) => one === record.action);
  if (action === undefined || !principal.startsWith('spoke:')) return null;
  const spoke = principal.slice('spoke:'.length);
  return { spoke, command, action, resource, target, effect, reason, rule, count: 1, last: time };
}

export interface TargetPowers extends CommandPowers {
  readonly files: Powers['files'];
  readonly home: string;
}

/**
 * What a recorded request was about, as far as the record and the disk tell it now; null where they do not. A path is the
 * one that was found then, wherever links lead by now.
 */
export async function recordedTarget(powers: TargetPowers, request: RecordedRequest): Promise<Target | null> {
  const { action, target } = request;
  if (action === 'command') return null;
  // Of an action of root the name decides, and neither its parameters nor the words that it stands for.
  if (action === 'privileged')
    return { kind: 'privileged', action: request.resource?.split(' ', 1)[0] ?? '', params: {}, argv: [] };
  if (action !== 'exec' && action !== 'fs_read' && action !== 'fs_write') return { kind: 'plain' };
  // A long text is on record with its beginning only.
  if (target === null || /\.\.\. \(\d+ characters, sha256 /.test(target + request.resource)) return null;
  return action === 'exec'
    ? commandTarget(powers, target, request.resource)
    : pathTarget(powers, target, request);
}

async function pathTarget(
  { files, home }: TargetPowers,
  real: string,
  { command, resource, reason }: RecordedRequest,
): Promise<PathTarget> {
  const kernelFs = /^a file of (\S+) belongs to the kernel$/.exec(reason)?.[1] ?? null;
  const stat = await files.lstat(real).catch(() => null);
  const there =
    stat === null ? 'missing' : stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'special';
  const told = (['directory', 'special'] as const).find((kind) => reason === NO_FILE[kind]);
  const look = { fs_list: 'names', fs_stat: 'entry' } as const;
  return {
    kind: 'path',
    asked: asked(resource ?? real, home) ?? real,
    real,
    found: told ?? there,
    kernelFs,
    ...(command in look ? { look: look[command as keyof typeof look] } : {}),
  };
}

function asked(path: string, home: string): string | null {
  try {
    return askedPath(path, home);
  } catch {
    return null;
  }
}

async function commandTarget(
  powers: TargetPowers,
  target: string,
  resource: string | null,
): Promise<Target | null> {
  const argv = wordsIn(target);
  if (argv === null) return null;
  // By the name that was asked for, where that still leads to the same program.
  for (const command of resource === null ? [argv] : [resource, argv]) {
    const found = await resolveCommand(powers, command).catch(() => null);
    if (found !== null && JSON.stringify(found.argv) === target) return found;
  }
  return { kind: 'command', argv, names: argv.slice(0, 1) };
}

function wordsIn(text: string): readonly string[] | null {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null;
  } catch {
    return null;
  }
}

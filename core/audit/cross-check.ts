import type { ChainHead, CrossCheck } from '../../schemas/audit.ts';
import { ChainFollower, readLink } from './chain.ts';
import type { LogLine } from './verify-chain.ts';

export interface ChainsInput {
  readonly daemon: AsyncIterable<LogLine>;
  readonly executor: AsyncIterable<LogLine>;
  /** Whose daemon it is: what others had done is not in its log. */
  readonly uid: number;
  /** The last record of each chain that retention removed: what is older than that cannot be told. */
  readonly daemonBegins: number;
  readonly executorBegins: number;
}

/**
 * Checks the daemon's chain and the executor's against each other. What the executor did for this uid has to have been
 * allowed by the daemon, in the same words; what the daemon was told of a record has to be that record still.
 */
export async function crossCheck(input: ChainsInput): Promise<CrossCheck> {
  const { allowed, told } = await readDaemon(input.daemon);
  const problems: string[] = [];
  const hashes = new Map<number, { readonly hash: string; readonly request: unknown }>();
  let actions = 0;
  let explained = 0;
  const chain = new ChainFollower();
  for await (const { text } of input.executor) {
    chain.take(text, readLink(text)?.prev !== null);
    const record = JSON.parse(text) as Record<string, unknown>;
    if (record.type !== 'privileged') continue;
    const { seq, request, uid, effect, argv } = record;
    hashes.set(Number(seq), { hash: chain.head, request });
    if (effect !== 'allow' || uid !== input.uid) continue;
    actions += 1;
    const target = allowed.get(String(request));
    if (target === undefined) {
      if (input.daemonBegins === 0)
        problems.push(`executor record ${seq}: the daemon's log has no allowed request ${request}`);
    } else if (target !== null && target !== JSON.stringify(argv)) {
      problems.push(`executor record ${seq}: the daemon allowed other words for request ${request}`);
    } else explained += 1;
  }
  for (const [request, { seq, hash }] of told) {
    if (seq <= input.executorBegins) continue;
    const found = hashes.get(seq);
    if (found === undefined || found.hash !== hash || found.request !== request)
      problems.push(
        `request ${request}: record ${seq} of the executor is not the one that the daemon was told of`,
      );
  }
  return { actions, explained, problems };
}

/** The words that the daemon allowed, by request, null where its log has only their beginning; and what it was told. */
async function readDaemon(lines: AsyncIterable<LogLine>) {
  const allowed = new Map<string, string | null>();
  const told = new Map<string, ChainHead>();
  for await (const { text } of lines) {
    const record = JSON.parse(text) as Record<string, unknown>;
    const { type, action, effect, request, target, event } = record;
    if (type === 'decision' && action === 'privileged' && effect === 'allow')
      allowed.set(String(request), typeof target === 'string' && target.endsWith(']') ? target : null);
    if (type !== 'event' || event !== 'privileged_done') continue;
    // Nothing of a log that somebody else can have written is sure to have its form.
    const { request: of, record: head } = Object(record.detail) as { request: unknown; record: unknown };
    if (head !== null) told.set(String(of), Object(head) as ChainHead);
  }
  return { allowed, told };
}

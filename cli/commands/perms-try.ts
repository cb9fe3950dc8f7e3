import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ReplayDifference } from '../../schemas/replay.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { ruleText } from '../answer-text.ts';
import { since } from '../audit-filter.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { localTime } from '../local-time.ts';
import { deniedText } from '../proposals.ts';
import { runCheck } from '../run-check.ts';
import { remarkShortLog } from './perms-unused.ts';

const WORDS = { allow: 'allowed', ask: 'asked', deny: 'denied' } as const;

/** Replays what spokes have asked for against a candidate for permissions.yaml. Changes nothing. */
export const run: Run = async (context, { args: [name = ''], options }) => {
  const file = resolve(name.replace(/^~(?=\/)/, context.home));
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(EXIT.no, `${name}: cannot be read (${error.code})`);
  });
  const from = since(options.since ?? '7d', Date.now());
  const replay = await runCheck(context, 'try', undefined, { text, file, since: from });
  if (!replay.ok) throw new CliError(EXIT.badYaml, `${name} is not valid:`, replay.problems);
  if (options.json) return context.print(jsonText(replay));
  remarkShortLog(context, replay.begins, from);
  const { differences, replayed, skipped } = replay;
  const other = differences.reduce((sum, { count }) => sum + count, 0);
  const left = skipped === 0 ? '' : `; ${skipped} could not be told of`;
  await context.print(
    `${differences.map((one) => differenceText(one, context.home)).join('')}${other} of ${replayed} requests would be decided otherwise${left}.\n`,
  );
};

function differenceText(difference: ReplayDifference, home: string): string {
  const { spoke, action, was, now, reason, rule, count, last } = difference;
  const about = deniedText({ ...difference, command: '', request: '' }, home);
  const what = `${spoke} ${action}${about === '' ? '' : ` ${about}`}`;
  const times = count === 1 ? 'once' : `${count} times, last`;
  const why = rule === null ? visibleText(reason) : ruleText(rule, home);
  return `${visibleText(what)}: ${WORDS[was]}, would be ${WORDS[now]}      ${times} ${localTime(last)}\n  ${why}\n`;
}

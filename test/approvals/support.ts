import { writeFile } from 'node:fs/promises';
import type { Grant, SpokeQuestion } from '../../core/broker.ts';
import type { Caller } from '../../core/control/caller.ts';
import { BUILT_IN, type CommandTarget, type Decision, type Target } from '../../schemas/decision.ts';
import { callerWith, PERSON } from '../control/support/caller.ts';
import { makePeople, type TestPeople } from '../support/people.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

export const POLICY = 'the policy';

const ASK: Decision = {
  effect: 'ask',
  reason: 'a person is asked because of exec: ask',
  rule: { action: 'exec', pattern: 'ask', effect: 'ask', source: 'override', origin: BUILT_IN },
  source: 'override',
  viaOverride: true,
};

/** A command as it would be found: every program lies in /usr/bin. */
export function found(...argv: readonly string[]): CommandTarget {
  const [program = '', ...rest] = argv;
  const path = program.startsWith('/') ? program : `/usr/bin/${program}`;
  return { kind: 'command', argv: [path, ...rest], names: [path, path.slice(path.lastIndexOf('/') + 1)] };
}

export function questionOf(spoke: string, target: Target, policy = POLICY): SpokeQuestion {
  const subject = { spoke, instance: `${spoke}#1`, level: 'none' };
  return { subject, request: 'r1', action: 'exec', decision: ASK, target, policy };
}

export interface ApprovalWorld extends TestPeople {
  readonly powers: TestPowers;
  readonly home: string;
  /** Asks for a spoke. */
  readonly ask: (spoke: string, ...argv: readonly string[]) => Promise<Grant | null>;
  /** The id of the only question that waits. */
  readonly only: () => string;
  readonly names: () => readonly string[];
  /** Settles once the questions that wait are noted on disk. */
  readonly kept: () => Promise<void>;
}

/** Approvals and grants on the files of a home, with a clock that the test moves. */
export async function makeApprovals(
  options: Parameters<typeof makePeople>[2] & { readonly home?: string; readonly powers?: TestPowers } = {},
): Promise<ApprovalWorld> {
  const home = options.home ?? makeTemporaryDirectory();
  // Whether it is on disk when a machine loses power is not the question here.
  const powers = options.powers ?? createPowers({ replaceFile: (path, data) => writeFile(path, data) });
  await powers.files.mkdir(`${home}/state`, { recursive: true });
  const made = await makePeople(powers, home, options);
  const only = () => {
    const [first, second] = made.people.approvals.list();
    if (!first || second) throw new Error('expected exactly one question');
    return first.id;
  };
  return Object.assign(made, {
    powers,
    home,
    only,
    ask: (spoke: string, ...argv: readonly string[]) =>
      made.people.askPerson(questionOf(spoke, found(...argv), made.policy)),
    names: () => made.events.map(({ name }) => name),
    kept: async () => {
      while (!(await powers.files.stat(`${home}/state/unanswered.json`).catch(() => null))?.size)
        await new Promise((resolve) => setImmediate(resolve));
    },
  });
}

/** A person at a terminal other than that of anybody who asks. */
export const SOMEBODY: Caller = callerWith('admin');

/** The same, whose process is gone or lives elsewhere. */
export const UNSURE: Caller = callerWith('admin', { process: null });
export const ELSEWHERE: Caller = {
  ...callerWith('readonly', {
    process: PERSON.process && { ...PERSON.process, elsewhere: true },
  }),
  principal: 'unknown',
};
export const OF_SPOKE: Caller = { ...callerWith('readonly'), principal: 'spoke:creds' };

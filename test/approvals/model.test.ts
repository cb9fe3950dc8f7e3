import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BrokerInput, createBroker, responseOf } from '../../core/broker.ts';
import type { PortalEntry } from '../../core/portals/portal.ts';
import type { Yes } from '../../schemas/approvals.ts';
import type { Decision } from '../../schemas/decision.ts';
import { isPerson, principalOf } from '../../schemas/subject.ts';
import { createRecordingAudit } from '../broker/support/recording-audit.ts';
import { callerWith } from '../control/support/caller.ts';
import { createPowers, type TestPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { type ApprovalWorld, found, makeApprovals, questionOf } from './support.ts';

/**
 * Spokes and a person ask, another person answers, time goes by, grants are taken back, rules change, so does what is
 * destructive, and the daemon starts again, in any order. The model is only what was said; nothing may ever run that it does
 * not cover.
 */
const ASKERS = ['creds', 'other', 'user:1000'];
const BY = callerWith('admin', { uid: 0 });
const COMMANDS = [
  ['git', 'log'],
  ['git', 'push'],
  ['git', 'log', '-p'],
  ['git', 'push', 'x'],
  ['sh', '-c', 'id'],
  ['rm', '-rf', 'x'],
  ['rm', '-rf', 'y'],
  ['rm', '-r', 'x'],
  ['rm', 'x'],
];
/** What is destructive, one after the other. */
const LISTS: readonly (readonly string[])[] = [['rm -rf'], ['rm -rf', 'rm -r', 'git push'], []];
/** By which entries each command of the model would be, by its second word. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  '-rf': ['rm -rf', 'rm -r'],
  '-r': ['rm -r'],
  push: ['git push'],
};
const UNUSED_MS = 60_000;

type Step =
  | { readonly do: 'ask'; readonly spoke: string; readonly argv: readonly string[] }
  | { readonly do: 'approve'; readonly at: number; readonly yes: Yes }
  | { readonly do: 'modify'; readonly at: number; readonly argv: readonly string[] }
  | { readonly do: 'reject' | 'revoke'; readonly at: number }
  | { readonly do: 'veto'; readonly spoke: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'restart' | 'change' | 'widen' };

const at = fc.nat(3);
const spoke = fc.constantFrom(...ASKERS);
const argv = fc.constantFrom(...COMMANDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), spoke, argv }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('approve' as const),
      at,
      yes: fc.constantFrom<Yes>({ once: true }, { forMs: 90_000 }, { always: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('modify' as const), at, argv }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reject' as const, 'revoke' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('veto' as const), spoke }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1000, 61_000, 301_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('restart' as const, 'change' as const, 'widen' as const, 'widen' as const),
    }),
  },
);

/** What the person has said. */
class Model {
  once: { key: string; policy: string; until: number }[] = [];
  lasting: { id: string; spoke: string; covers: (argv: readonly string[]) => boolean; until: number }[] = [];
  list: readonly string[] = LISTS[0] ?? [];

  /** By which entries a command is destructive now. */
  entries([, second = '']: readonly string[]): readonly string[] {
    return (ENTRIES[second] ?? []).filter((entry) => this.list.includes(entry));
  }

  /** All that begins with these words; what is destructive only where they were, in the same way, for a person's own. */
  all(spoke: string, words: readonly string[]): (argv: readonly string[]) => boolean {
    const knowing = isPerson(spoke) && this.entries(words).length > 0;
    return (argv) => {
      if (!words.every((word, index) => word === argv[index])) return false;
      const entries = this.entries(argv);
      const own = knowing ? this.entries(words) : [];
      return entries.every((entry) => own.includes(entry));
    };
  }

  /** True where this was approved; a yes for once is used up by it. */
  permits(spoke: string, argv: readonly string[], policy: string, now: number): boolean {
    if (this.lasting.some((one) => one.spoke === spoke && now < one.until && one.covers(argv))) return true;
    const key = keyOf(spoke, argv);
    const index = this.once.findIndex((one) => one.key === key && one.policy === policy && now < one.until);
    if (index >= 0) this.once.splice(index, 1);
    return index >= 0;
  }
}

const askerOf = (principal: string) => principal.replace(/^spoke:/, '');
const keyOf = (spoke: string, argv: readonly string[]) => JSON.stringify([spoke, argv]);
const words = (argv: readonly string[]) => found(...argv).argv;
/** Everything but the files is promises, which one turn settles. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const ASK: Decision = questionOf('creds', found('ls')).decision;

const policyOf = ({ people, policy }: ApprovalWorld, spoke: string) =>
  isPerson(spoke) ? people.hash() : policy;

/** A broker on the real approvals and grants, whose commands only note that they would have run. */
function brokerOn(world: ApprovalWorld, onRun: (spoke: string, argv: readonly string[]) => void) {
  const portal: PortalEntry = {
    action: 'exec',
    resource: () => null,
    looks: true,
    stage: null,
    prepare: async (request, subject) => {
      const { command } = request as unknown as { readonly command: readonly string[] };
      const target = command[0]?.startsWith('/') ? { ...found(...command) } : found(...command);
      return {
        target,
        perform: async () => {
          onRun(subject.spoke, target.argv);
          return {};
        },
        release: async () => {},
      };
    },
  };
  const input: BrokerInput = {
    portals: { daemon_exec: portal } as unknown as BrokerInput['portals'],
    policies: (spoke) => ({ policies: [], hash: policyOf(world, spoke) }),
    anchors: async () => new Map(),
    audit: createRecordingAudit(),
    decide: () => ASK,
    askPerson: world.people.askPerson,
    grantFor: world.people.grantFor,
    clock: world.powers.clock,
    inTurn: (_spoke, look) => look(),
    nextRequestId: () => 'r',
    onDefect: (error) => {
      throw error;
    },
  };
  const mediate = createBroker(input);
  return (spoke: string, command: readonly string[]) =>
    responseOf(
      mediate,
      { spoke, instance: `${spoke}#1`, level: 'none' },
      { id: 1, cmd: 'daemon_exec', body: { id: 1, cmd: 'daemon_exec', command: [...command] } },
    );
}

const configOf = (list: readonly string[]) => ({ people: { destructive: [...list] } });

async function play(home: string, steps: readonly Step[]): Promise<{ readonly ran: number }> {
  // What is asked and not answered is not to be found again anyway.
  const powers: TestPowers = createPowers({
    replaceFile: async (path, data) => {
      if (path.endsWith('/grants.json')) await powers.files.writeFile(path, data);
    },
  });
  await powers.files.rm(`${home}/state/grants.json`, { force: true });
  const model = new Model();
  const now = () => powers.clock.monotonic();
  const unapproved: string[] = [];
  let ran = 0;
  let policy = 'policy 0';
  const open = async () => {
    const world = await makeApprovals({ home, powers, config: configOf(model.list) });
    world.policy = policy;
    const mediate = brokerOn(world, (spoke, argv) => {
      ran += 1;
      if (!model.permits(spoke, argv, policyOf(world, spoke), now())) unapproved.push(keyOf(spoke, argv));
    });
    return { world, mediate };
  };
  let { world, mediate } = await open();
  const answers: Promise<unknown>[] = [];
  for (const one of steps) {
    const { approvals, grants } = world.people;
    const pending = approvals.list();
    const question = 'at' in one ? pending[one.at % Math.max(1, pending.length)] : undefined;
    switch (one.do) {
      case 'ask':
        answers.push(mediate(one.spoke, one.argv));
        break;
      case 'approve': {
        if (!question) break;
        const spoke = askerOf(question.principal);
        const asked = COMMANDS.find((argv) => question.what === found(...argv).argv.join(' ')) ?? [];
        const before = new Set(grants.list().map(({ id }) => id));
        // Said first, so that nothing can run by it before it was said.
        const said = approvals.approve(question.id, one.yes, BY);
        if ('once' in one.yes)
          model.once.push({
            key: keyOf(spoke, words(asked)),
            policy: policyOf(world, spoke),
            until: now() + UNUSED_MS,
          });
        const ok = await said.then(
          () => true,
          () => false,
        );
        if (!ok && 'once' in one.yes) model.once.pop();
        const [made] = grants.list().filter(({ id, kind }) => !before.has(id) && kind !== 'once');
        if (ok && made) {
          const always = question.alwaysPattern?.replace(/ \.\.\.$/, '').split(' ') ?? null;
          const isExact = always === null || ('forMs' in one.yes && question.alwaysDestructive);
          const covers = isExact
            ? (argv: readonly string[]) => keyOf('', argv) === keyOf('', words(asked))
            : model.all(spoke, always);
          const until = 'forMs' in one.yes ? now() + one.yes.forMs : Number.POSITIVE_INFINITY;
          model.lasting.push({ id: made.id, spoke, covers, until });
        }
        break;
      }
      case 'modify': {
        if (!question) break;
        const spoke = askerOf(question.principal);
        const entry = {
          key: keyOf(spoke, ['/usr/bin/printf', 'x']),
          policy: policyOf(world, spoke),
          until: now() + UNUSED_MS,
        };
        model.once.push(entry);
        const ok = await approvals.modify(question.id, ['printf', 'x'], BY).then(
          () => true,
          () => false,
        );
        if (!ok) model.once = model.once.filter((other) => other !== entry);
        break;
      }
      case 'reject':
        if (question) approvals.reject(question.id, '', BY);
        break;
      case 'revoke': {
        const list = grants.list();
        const grant = list[one.at % Math.max(1, list.length)];
        if (!grant) break;
        await grants.revoke(grant.id);
        model.lasting = model.lasting.filter(({ id }) => id !== grant.id);
        if (grant.kind === 'once') {
          const spoke = askerOf(grant.principal);
          model.once = model.once.filter(({ key }) => key !== keyOf(spoke, grant.covers.split(' ')));
        }
        break;
      }
      case 'veto':
        approvals.veto(principalOf(one), BY);
        model.once = model.once.filter(({ key }) => JSON.parse(key)[0] !== one.spoke);
        break;
      case 'advance':
        powers.clock.advance(one.ms);
        break;
      case 'change':
        policy = `${policy}+`;
        world.policy = policy;
        break;
      case 'widen':
        model.list = LISTS[(LISTS.indexOf(model.list) + 1) % LISTS.length] ?? [];
        world.configure(configOf(model.list));
        break;
      case 'restart':
        world.people.stop();
        await settled();
        model.once = [];
        model.lasting = model.lasting.filter(({ until }) => until === Number.POSITIVE_INFINITY);
        ({ world, mediate } = await open());
        expect(world.people.approvals.list()).toEqual([]);
        break;
    }
    await settled();
  }
  world.people.stop();
  await Promise.all(answers);
  expect(unapproved).toEqual([]);
  return { ran };
}

test('in 1,000 random orders of asking, answering, expiring, revoking and restarting nothing runs unapproved', async () => {
  const home = makeTemporaryDirectory();
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      ran += (await play(home, steps)).ran;
    }),
    { numRuns: 1000 },
  );
  // It would hold as well if nothing ever ran.
  expect(ran).toBeGreaterThan(200);
}, 60_000);

test('what was approved does run', async () => {
  const home = makeTemporaryDirectory();
  const ask: Step = { do: 'ask', spoke: 'creds', argv: ['git', 'log'] };
  expect(await play(home, [ask, { do: 'approve', at: 0, yes: { once: true } }, ask])).toEqual({ ran: 1 });
  expect(
    await play(home, [ask, { do: 'approve', at: 0, yes: { always: true } }, ask, { do: 'restart' }, ask]),
  ).toEqual({
    ran: 3,
  });
});

test('what is destructive and was approved for good runs for a person, until it is so in another way', async () => {
  const home = makeTemporaryDirectory();
  const ask = (argv: readonly string[], spoke = 'user:1000'): Step => ({ do: 'ask', spoke, argv });
  const always: Step = { do: 'approve', at: 0, yes: { always: true } };
  const [x, y, plain] = [ask(['rm', '-rf', 'x']), ask(['rm', '-rf', 'y']), ask(['rm', '-r', 'x'])];
  expect(await play(home, [x, always, y, { do: 'restart' }, y, plain])).toEqual({ ran: 3 });
  // A yes to git push from when it was not destructive has not become one to that.
  const push = ask(['git', 'push']);
  expect(await play(home, [push, always, push, { do: 'widen' }, push, { do: 'restart' }, push])).toEqual({
    ran: 2,
  });
  // A yes to rm from when nothing was destructive is none to rm -rf.
  const widen: Step = { do: 'widen' };
  expect(await play(home, [widen, widen, x, always, y, widen, x, y])).toEqual({ ran: 2 });
  expect(await play(home, [ask(['rm', '-rf', 'x'], 'creds'), always, y])).toEqual({ ran: 0 });
});

import { describe, expect, it, type TestContext } from 'vitest';
import { writeTree } from '../../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import {
  buildSandbox,
  type Confinement,
  describeConfinement,
  HOLDING,
  HOLDING_PROGRAMS,
  hostLacks,
  missingFor,
  missingProgram,
  PLAIN,
  realPowers,
} from './levels.ts';
import { type Outcome, runSpoke } from './run-spoke.ts';
import { startedAhead } from './started-ahead.ts';

export interface Attack {
  /**
   * A module that exports `attack(target)`, or for Python defines it: it returns what it got, and throws where it is
   * refused.
   */
  readonly code: string;
  /** What runs the code; Node where nothing is said. */
  readonly runtime?: 'node' | 'python';
  /** Further files of the spoke. */
  readonly files?: Readonly<Record<string, string>>;
  /** Sets up what is attacked, for one test. */
  readonly aim?: (directory: string) => Promise<Aim> | Aim;
  /** What it gets in a plain child, which proves that the attack is real. */
  readonly gets: unknown;
  /** How it is refused at the levels that hold; Node's permission model may refuse it earlier. */
  readonly refused: RegExp;
  /** Bytes of memory that it may take at the levels that hold; nothing limits the plain child. */
  readonly extraBytes?: number;
  /** Some hosts refuse it by themselves: it proves nothing there, and the plain child is skipped. */
  readonly hostMayRefuse?: { readonly with: RegExp; readonly because: string };
  /** Levels at which it is tried; all that hold where nothing is said. */
  readonly at?: readonly Confinement[];
  /** It is tried in processes that were started ahead of the spoke as well. */
  readonly ahead?: true;
  /** Why this machine cannot make the attempt at all, or null. */
  readonly impossible?: () => string | null;
}

export interface Aim {
  /** What the attack is told. */
  readonly target: object;
  /** Whether the attack changed something outside, once it is over. */
  readonly harmed?: () => boolean | Promise<boolean>;
}

/** Proves an attack in a plain child, and that it fails at every level that holds. */
export function describeAttack(claim: string, attack: Attack): void {
  describe(claim, () => {
    it('though it could in a plain child', async (ctx) => {
      const { outcome, harmed } = await tryAttack(ctx, attack, PLAIN);
      const host = attack.hostMayRefuse;
      if (host?.with.test(outcome.refusal ?? '')) ctx.skip(`${host.because} (${outcome.refusal})`);
      expect(outcome).toEqual({ got: attack.gets, refusal: null, begun: true });
      expect(harmed).not.toBe(false);
    });

    const levels = attack.at ?? (attack.runtime === 'python' ? HOLDING_PROGRAMS : HOLDING);
    const ahead = attack.ahead ? levels.map((at) => ({ ...at, ahead: true }) as const) : [];
    for (const at of [...levels, ...ahead]) {
      it(describeConfinement(at), async (ctx) => {
        const { outcome, harmed } = await tryAttack(ctx, attack, at);
        const said = outcome.refusal ?? '';
        if (!outcome.begun && hostLacks(said)) ctx.skip(said);
        expect(outcome).toMatchObject({ got: null, begun: true });
        if (!at.permissionModel || !said.includes('ERR_ACCESS_DENIED')) expect(said).toMatch(attack.refused);
        expect(harmed).not.toBe(true);
      });
    }
  });
}

async function tryAttack(
  ctx: TestContext,
  attack: Attack,
  at: Confinement,
): Promise<{ readonly outcome: Outcome; readonly harmed: boolean | null }> {
  const runtime = attack.runtime ?? 'node';
  const missing = missingFor(at.level) ?? missingProgram(runtime) ?? attack.impossible?.() ?? null;
  if (missing !== null) ctx.skip(missing);
  const directory = makeTemporaryDirectory();
  const spoke = writeTree(`${directory}/attacker`, {
    ...attack.files,
    ...(runtime === 'node'
      ? { 'main.mjs': MAIN, 'attack.mjs': attack.code }
      : { 'main.py': MAIN_IN_PYTHON, 'attack.py': attack.code }),
  });
  const { target, harmed } = (await attack.aim?.(directory)) ?? { target: {} };
  const powers = realPowers();
  const sandbox = await buildSandbox(at, powers);
  const ahead = at.ahead ? await startedAhead(powers, sandbox, spoke) : null;
  const extraBytes = at.level === 'none' ? null : (attack.extraBytes ?? null);
  const run = { directory: spoke, target, extraBytes, runtime };
  const outcome = await runSpoke(powers, ahead ?? sandbox, run);
  // What the host lacks, the usual start tells.
  if (at.ahead && ahead === null && outcome.begun) throw new Error('it starts, and not ahead of its spoke');
  return { outcome, harmed: (await harmed?.()) ?? null };
}

/** Runs the attack and tells what came of it. */
const MAIN = `
export async function register(axium) {
  const { target } = await axium.sendRequest({ cmd: 'target' });
  let got = null;
  let refusal = null;
  try {
    const { attack } = await import('./attack.mjs');
    got = (await attack(target)) ?? null;
    if (got === null) refusal = 'it got nothing';
  } catch (error) {
    refusal = String(error.code) + ' ' + error.message;
  }
  await axium.sendRequest({ cmd: 'report', got, refusal });
}
`;

/** The same in Python. */
const MAIN_IN_PYTHON = `
def register(axium):
    target = axium.request({"cmd": "target"})["target"]
    got = refusal = None
    try:
        from attack import attack
        got = attack(target)
        refusal = "it got nothing" if got is None else None
    except BaseException as error:
        refusal = f"{type(error).__name__} {error}"
    axium.request({"cmd": "report", "got": got, "refusal": refusal})
`;

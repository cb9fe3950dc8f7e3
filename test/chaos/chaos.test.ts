import { expect, onTestFinished, test } from 'vitest';
import { judge } from './judge.ts';
import { runChaos } from './run-chaos.ts';

const ROUNDS = Number(process.env.AXIUM_CHAOS_ROUNDS ?? 3);
const SEED = Number(process.env.AXIUM_CHAOS_SEED ?? 4);
const SPOKES = Number(process.env.AXIUM_CHAOS_SPOKES ?? 3);

/** Time for a machine that is busy with something else; no measure of anything. */
const PATIENCE_MS = 60_000 + ROUNDS * 60_000;

test(
  'whoever is killed, and when: nothing that was accepted is lost or comes twice, and nothing was done without its record',
  async () => {
    const run = await runChaos({
      rounds: ROUNDS,
      seed: SEED,
      spokes: SPOKES,
      tell: (line) => console.log(line),
    });
    onTestFinished(run.remove);
    const { faults, counts, verdict } = await judge(run);
    const worst = (list: readonly number[]) => `${Math.round(Math.max(0, ...list))} ms`;
    console.log(
      `${ROUNDS} rounds, seed ${SEED}: ${JSON.stringify(counts)}\n` +
        `ready again in at most ${worst(run.startMs)}, all processes gone after a kill in at most ${worst(run.outlivedMs)}`,
    );
    expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((name) => [name, []])));
    expect(verdict).toMatchObject({ ok: true, begins: 0 });
    // A run in which nothing happened would show nothing.
    for (const what of ['accepted', 'written', 'ran', 'denied', 'shown'] as const)
      expect(counts[what]).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);

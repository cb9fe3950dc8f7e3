import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, type TestContext, test } from 'vitest';
import { type ScopedWorld, scopedWorld } from '../../jobs/support/scoped-world.ts';

const PERL = '/usr/bin/perl';

export interface ScopedAttack {
  /** A script that prints `got` where it got through, and `refused` where it did not; its arguments are in @ARGV. */
  readonly perl: string;
  /** What the spoke may do; `@` stands for its user's home. */
  readonly permissions?: string;
  /** Sets up what is attacked, and tells the arguments of the script. */
  readonly aim: (world: ScopedWorld, context: TestContext) => Promise<readonly string[]>;
}

/** Proves an attack of a command in a plain child, and that it fails in the scoped profile. */
export function describeScopedAttack(claim: string, { perl, permissions = '', aim }: ScopedAttack): void {
  describe(claim, () => {
    test('though a plain child can', async (context) => {
      const words = await prepared(context);
      expect(await runPlain(words.slice(1))).toBe('got\n');
    });

    test('in the scoped profile', async (context) => {
      const { world, words } = await aimed(context);
      expect((await world.wait(words)).stdout).toBe('refused\n');
    });
  });

  async function aimed(context: TestContext) {
    if (!existsSync(PERL)) context.skip(`${PERL} is not installed`);
    const world = await scopedWorld(context);
    world.allow(permissions);
    return { world, words: [PERL, '-e', perl, ...(await aim(world, context))] };
  }

  async function prepared(context: TestContext): Promise<readonly string[]> {
    return (await aimed(context)).words;
  }
}

function runPlain(words: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(PERL, [...words], (_error, stdout) => resolve(stdout));
  });
}

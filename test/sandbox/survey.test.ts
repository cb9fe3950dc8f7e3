import * as fs from 'node:fs';
import { expect, it, type TestContext } from 'vitest';
import { BWRAP, PERL } from '../../core/host-programs.ts';
import type { Powers } from '../../core/powers.ts';
import { type SurveyInput, surveySandboxes } from '../../core/sandbox/survey.ts';
import { LEVELS, type Level } from '../../schemas/config.ts';
import { hostLacks, missingFor, PACKAGE_ROOT, realPowers, testRuntime } from '../scenarios/support/levels.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

/** Surveys this host in a directory of its own, but for what is changed. */
function surveyInput(changed: Partial<SurveyInput> = {}): SurveyInput {
  return {
    powers: realPowers(),
    runtime: testRuntime(),
    packageRoot: PACKAGE_ROOT,
    run: makeTemporaryDirectory(),
    architecture: process.arch,
    skip: [],
    ...changed,
  };
}

const except = (...kept: readonly Level[]) => LEVELS.filter((level) => !kept.includes(level));

/** Powers to which a file looks different from what it is. */
function powersSeeing(path: string, stat: () => Promise<unknown>): Powers {
  const powers = realPowers();
  const seen = (asked: fs.PathLike, ...rest: []) =>
    asked === path ? stat() : powers.files.stat(asked, ...rest);
  return { ...powers, files: { ...powers.files, stat: seen as typeof fs.promises.stat } };
}

it('each level that this machine has what it needs for keeps its promise', async (ctx: TestContext) => {
  const { reports, best } = await surveySandboxes(surveyInput(), { all: true });
  expect(reports.map(({ level }) => level)).toEqual(LEVELS);
  const excused = reports.filter(
    ({ level, problem }) => missingFor(level) !== null || hostLacks(problem ?? ''),
  );
  for (const { level, problem } of excused) ctx.annotate(`${level} was not surveyed: ${problem}`);
  const failed = reports.filter((report) => !report.holds && !excused.includes(report));
  expect(failed).toEqual([]);
  expect(best.level).toBe(reports.find(({ holds }) => holds)?.level);
});

/** All that the canary tries but foreign variables, which no level hands on, and its own directory, which may be root's. */
const EVERY_WAY = [
  ...['read a file', 'see that a file is there', 'read the system', 'read the environment of the daemon'],
  ...['write a file', 'connect over TCP', 'connect to a unix socket', 'connect to an abstract socket'],
  ...['listen for connections', 'start a process', 'signal the daemon'],
];

it('a plain child is open in every way that the canary tries', async () => {
  const { reports } = await surveySandboxes(surveyInput({ skip: except('none') }), { all: true });
  expect(reports).toEqual([
    { level: 'none', holds: true, open: expect.any(Array), problem: null, hint: null },
  ]);
  const { open = [] } = reports[0] ?? {};
  expect(open).toEqual(expect.arrayContaining(EVERY_WAY));
  expect(open).not.toContain('see foreign variables');
});

it('the survey stops at the first level that holds, unless all are asked for', async () => {
  const { reports, best } = await surveySandboxes(surveyInput({ skip: except('seatbelt', 'none') }), {
    all: false,
  });
  expect(reports.map(({ level }) => level)).toEqual(['seatbelt']);
  expect(best.level).toBe('seatbelt');
});

it('where every level is skipped, what is left confines nothing and says so', async () => {
  const { reports, best } = await surveySandboxes(surveyInput({ skip: LEVELS }), { all: true });
  expect(reports).toEqual([]);
  expect(best.level).toBe('none');
});

it.each([
  { level: 'strong', program: BWRAP, hint: 'install bubblewrap' },
  { level: 'kernel', program: PERL, hint: 'install perl-base' },
] as const)('of $level without $program it is told what to install', async ({ level, program, hint }) => {
  const powers = powersSeeing(program, () => Promise.reject(new Error('ENOENT')));
  const { reports, best } = await surveySandboxes(surveyInput({ powers, skip: except(level) }), {
    all: true,
  });
  expect(reports).toEqual([
    {
      level,
      holds: false,
      open: [],
      problem: `${program} could not be started: there is no such program`,
      hint: expect.stringContaining(hint),
    },
  ]);
  expect(best.level).toBe('none');
});

it.each([
  { whose: 'belongs to somebody else', stat: { uid: 1001, mode: 0o100755 } },
  { whose: 'can be written by its group', stat: { uid: 0, mode: 0o100775 } },
  { whose: 'can be written by everyone', stat: { uid: 0, mode: 0o100757 } },
])('a program that $whose is not trusted', async ({ stat }) => {
  const powers = powersSeeing(BWRAP, () => Promise.resolve(stat));
  const { reports } = await surveySandboxes(surveyInput({ powers, skip: except('strong') }), { all: true });
  expect(reports[0]).toMatchObject({
    holds: false,
    problem: `${BWRAP} is not root's alone, and so not to be trusted`,
  });
});

it('a level whose canary gets through is not taken, whatever it calls itself', async (ctx) => {
  const missing = missingFor('kernel');
  if (missing !== null) ctx.skip(missing);
  const packageRoot = writeTree(makeTemporaryDirectory(), {
    // Starts the program and confines nothing.
    'core/sandbox/launch.pl':
      "#!/usr/bin/perl\n1 while shift(@ARGV) ne '--';\n%ENV = ();\nexec { $ARGV[0] } @ARGV;\n",
    'spokes/canary/main.mjs': fs.readFileSync(`${PACKAGE_ROOT}spokes/canary/main.mjs`, 'utf8'),
  });
  const { reports, best } = await surveySandboxes(surveyInput({ packageRoot, skip: except('kernel') }), {
    all: true,
  });
  expect(reports[0]).toMatchObject({ level: 'kernel', holds: false });
  expect(reports[0]?.problem).toMatch(
    /^the canary could .*read the environment of the daemon, .*start a process/,
  );
  expect(best.level).toBe('none');
});

it('no filter is taken for an architecture that there is none for', async () => {
  const { reports } = await surveySandboxes(
    surveyInput({ architecture: 'riscv64', skip: except('strong', 'kernel') }),
    { all: true },
  );
  const problem = expect.stringMatching(
    /no seccomp filter for the architecture riscv64|could not be started/,
  );
  expect(reports.map(({ holds, problem: found }) => ({ holds, problem: found }))).toEqual([
    { holds: false, problem },
    { holds: false, problem },
  ]);
});

it('of what the canary was tried on nothing is left', async () => {
  const input = surveyInput({ skip: except('none') });
  await surveySandboxes(input, { all: true });
  expect(fs.readdirSync(input.run)).toEqual([]);
});

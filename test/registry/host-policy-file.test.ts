import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  HostPolicyKeeper,
  type HostPolicyState,
  hostPolicyFile,
} from '../../core/registry/host-policy-file.ts';
import { formatProblem } from '../../core/registry/problem.ts';
import { HOST_POLICY_FILE } from '../../schemas/host-policy.ts';
import { hostPolicyIn } from '../support/host-policy.ts';
import { createPowers } from '../support/powers.ts';
import { HOME } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = makeTemporaryDirectory();
  file = `${directory}/policy.yaml`;
});

const save = (text: string) => writeFileSync(file, text, { mode: 0o644 });

/** A keeper on a clock that the test moves: `settle` lets it look until it is done, and tells how long it waited. */
async function open() {
  const powers = createPowers();
  const told: HostPolicyState[] = [];
  const keeper = await HostPolicyKeeper.open({ powers, home: HOME, ...hostPolicyIn(directory) });
  keeper.listen((state) => told.push(state));
  const settle = async () => {
    const waits: number[] = [];
    const done = keeper.refresh().then(() => null);
    for (;;) {
      const wait = await Promise.race([done, powers.clock.armed()]);
      if (wait === null) return waits;
      waits.push(wait);
      powers.clock.advance(wait);
    }
  };
  return { keeper, settle, told };
}

const texts = ({ inForce }: HostPolicyState) => inForce.map(({ text }) => text);
const problems = (state: HostPolicyState) =>
  state.problems.map((problem) => formatProblem(problem).split('\n')[0]?.replaceAll(directory, ''));

describe('at the start', () => {
  test('no file is no policy, and a valid one counts', async () => {
    expect((await open()).keeper.state).toEqual({ inForce: [], problems: [], closed: null });
    save('strict: true\n');
    expect((await open()).keeper.state.inForce).toMatchObject([{ strict: true }]);
  });

  test('one that is not valid closes everything, and is told with its place', async () => {
    save('lokced: [exec]\n');
    const { state } = (await open()).keeper;
    expect(problems(state)).toEqual(["/policy.yaml:1:1: unknown key 'lokced'; did you mean 'locked'?"]);
    expect([state.inForce, state.closed]).toEqual([[], expect.stringContaining('is not valid')]);
  });

  test.each<[string, () => void]>([
    ['that others can write', () => chmodSync(file, 0o666)],
    ['in a directory that others can write', () => chmodSync(directory, 0o777)],
  ])('one %s is ignored, and told of', async (_, loosen) => {
    save('strict: true\n');
    loosen();
    const { state } = (await open()).keeper;
    expect([state.inForce, state.closed]).toEqual([[], null]);
    expect(problems(state)).toEqual([
      expect.stringMatching(/expected a (?:file|directory) that only its owner/),
    ]);
  });

  test('a link on the way is followed, and judged by where it leads', async () => {
    mkdirSync(`${directory}/real`, { mode: 0o777 });
    chmodSync(`${directory}/real`, 0o777);
    writeFileSync(`${directory}/real/policy.yaml`, 'strict: true\n');
    symlinkSync('real/policy.yaml', file);
    expect(problems((await open()).keeper.state)).toEqual([
      expect.stringContaining('/real: expected a directory'),
    ]);
    chmodSync(`${directory}/real`, 0o755);
    expect((await open()).keeper.state.inForce).toMatchObject([{ strict: true }]);
  });
});

describe('a change', () => {
  test('binds at once, and lifts what was bound before once it has been the same twice', async () => {
    save('ceilings: {}\n');
    const { keeper, settle, told } = await open();
    save('strict: true\n');
    expect(await settle()).toEqual([150]);
    expect(told.map(texts)).toEqual([['ceilings: {}\n', 'strict: true\n'], ['strict: true\n']]);
    expect(texts(keeper.state)).toEqual(['strict: true\n']);
  });

  test('that removes or empties the file lifts it after a second', async () => {
    save('strict: true\n');
    const { keeper, settle } = await open();
    save('');
    expect(await settle()).toEqual([1000]);
    expect(keeper.state.inForce).toEqual([]);
    save('strict: true\n');
    await settle();
    rmSync(file);
    expect(await settle()).toEqual([1000]);
    expect(keeper.state).toEqual({ inForce: [], problems: [], closed: null });
  });

  test.each<[string, () => void]>([
    ['is not valid', () => save('strict: maybe\n')],
    ['makes it somebody else’s as well', () => chmodSync(file, 0o666)],
  ])('that %s lifts nothing, and is told', async (_, change) => {
    save('strict: true\n');
    const { keeper, settle } = await open();
    change();
    expect(await settle()).toEqual([]);
    expect([texts(keeper.state), keeper.state.problems.length, keeper.state.closed]).toEqual([
      ['strict: true\n'],
      1,
      null,
    ]);
  });

  test('that mends a file which was broken at the start opens what it allows, once it is confirmed', async () => {
    save('strict: maybe\n');
    const { keeper, settle, told } = await open();
    save('strict: true\n');
    await settle();
    expect(told.map(({ closed }) => closed === null)).toEqual([false, true]);
    expect([texts(keeper.state), keeper.state.problems]).toEqual([['strict: true\n'], []]);
  });
});

describe('where it lies', () => {
  test('is one place for everybody, and another one by an option that only root can give', () => {
    const argv = ['node', 'main.js', '--host-policy=/tmp/x.yaml'];
    expect(hostPolicyFile(argv, 1000)).toBe(HOST_POLICY_FILE);
    expect(hostPolicyFile(argv, undefined)).toBe(HOST_POLICY_FILE);
    expect(hostPolicyFile(['node', 'main.js'], 0)).toBe(HOST_POLICY_FILE);
    expect(hostPolicyFile(argv, 0)).toBe('/tmp/x.yaml');
  });
});

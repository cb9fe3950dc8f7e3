import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { SpokeStatus } from '../../schemas/control-shown.ts';
import { axium, makeWorld } from './support/cli.ts';
import { answerControl, Refused } from './support/control-server.ts';

const READY: SpokeStatus = {
  name: 'creds',
  version: '0.1.0',
  directory: '/spokes/creds',
  state: 'ready',
  reason: null,
  level: 'strong',
  pid: 4711,
};
const FAILED: SpokeStatus = {
  ...READY,
  name: 'weather-of-the-day',
  version: '12.0.0',
  state: 'backoff',
  reason: 'its entry point threw: no such city',
  pid: null,
};

test('spoke list prints aligned rows, then each refused directory with what is wrong in it', async () => {
  const world = await makeWorld();
  const refused = [
    {
      directory: `${world.home}/axium/config/spokes/bad`,
      problems: ["bad/spoke.yaml:2:1: unknown key 'nmae'\n  2 | nmae: x\n    | ^", 'bad/spoke.yaml: no name'],
    },
  ];
  await answerControl(world, { spoke_list: { spokes: [READY, FAILED], refused } });
  expect(await axium(world, 'spoke', 'list')).toEqual({
    code: 0,
    stderr: '',
    stdout: `creds               0.1.0   ready    strong  pid 4711
weather-of-the-day  12.0.0  backoff  strong  its entry point threw: no such city

refused: ~/axium/config/spokes/bad
  bad/spoke.yaml:2:1: unknown key 'nmae'
    2 | nmae: x
      | ^
  bad/spoke.yaml: no name
`,
  });
  const { stdout } = await axium(world, 'spoke', 'list', '--json');
  expect(JSON.parse(stdout)).toEqual({ spokes: [READY, FAILED], refused });
});

test('spoke list shows which spokes are started on demand', async () => {
  const world = await makeWorld();
  const idle = { ...READY, state: 'idle' as const, pid: null };
  const answered = await answerControl(world, { spoke_list: { spokes: [idle], refused: [] } });
  expect((await axium(world, 'spoke', 'list')).stdout).toBe('creds  0.1.0  idle  strong  starts on demand\n');
  expect(answered).toHaveLength(1);
});

test('spoke list says so when there are none', async () => {
  const world = await makeWorld();
  await answerControl(world, { spoke_list: { spokes: [], refused: [] } });
  expect((await axium(world, 'spoke', 'list')).stdout).toBe('No spokes\n');
});

test('spoke reload asks for one spoke or for all', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { spoke_reload: { spokes: [READY], refused: [] } });
  await axium(world, 'spoke', 'reload');
  const { code, stdout } = await axium(world, 'spoke', 'reload', 'creds');
  expect(requests).toEqual([{ cmd: 'spoke_reload' }, { cmd: 'spoke_reload', spoke: 'creds' }]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'creds  0.1.0  ready  strong  pid 4711\n' });
});

test('spoke reload of a spoke that then fails is an answer of no that says why', async () => {
  const world = await makeWorld();
  await answerControl(world, { spoke_reload: { spokes: [READY, FAILED], refused: [] } });
  const named = await axium(world, 'spoke', 'reload', FAILED.name);
  expect(named).toMatchObject({
    code: 1,
    stderr:
      "axium: spoke 'weather-of-the-day' failed: its entry point threw: no such city; see 'axium spoke logs weather-of-the-day'\n",
  });
  expect((await axium(world, 'spoke', 'reload', 'creds')).code).toBe(0);
  const all = await axium(world, 'spoke', 'reload');
  expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 1, stderr: named.stderr });
});

test('spoke reload of a spoke that goes on as it was, since its new version is refused, is an answer of no that says why', async () => {
  const world = await makeWorld();
  const refused = [{ directory: READY.directory, problems: ['the changed version does not run: no'] }];
  const other = { ...READY, name: 'other', directory: '/spokes/other' };
  await answerControl(world, { spoke_reload: { spokes: [READY, other], refused } });
  const told = "axium: spoke 'creds' was not exchanged:\n  the changed version does not run: no\n";
  expect(await axium(world, 'spoke', 'reload', 'creds')).toMatchObject({ code: 1, stderr: told });
  expect(await axium(world, 'spoke', 'reload')).toMatchObject({ code: 1, stderr: told });
  expect((await axium(world, 'spoke', 'reload', 'other')).code).toBe(0);
});

test('spoke logs prints what the spoke wrote', async () => {
  const world = await makeWorld();
  const requests = await answerControl(world, { spoke_logs: { text: 'one\ntwo' } });
  expect(await axium(world, 'spoke', 'logs', 'creds')).toEqual({
    code: 0,
    stderr: '',
    stdout: 'one\ntwo\n',
  });
  expect(requests).toEqual([{ cmd: 'spoke_logs', spoke: 'creds' }]);
  expect(JSON.parse((await axium(world, 'spoke', 'logs', 'creds', '--json')).stdout)).toEqual({
    text: 'one\ntwo',
  });
});

test('a bundled spoke that is not enabled is told to be just that, by every command that asks for it', async () => {
  const world = await makeWorld();
  const missing = () => {
    throw new Refused('not_found', 'no');
  };
  await answerControl(world, { spoke_reload: missing, spoke_logs: missing, get_permissions: missing });
  const commands = [
    ['spoke', 'reload'],
    ['spoke', 'logs'],
    ['perms', 'show'],
  ];
  for (const words of commands) {
    expect([words, await axium(world, ...words, 'creds')]).toEqual([
      words,
      {
        code: 1,
        stdout: '',
        stderr: "axium: spoke 'creds' is not enabled; run 'axium spoke enable creds'\n",
      },
    ]);
  }
  await writeFile(`${world.axium}/config/config.yaml`, 'spokes: { bundled: [creds] }\n');
  const { stderr } = await axium(world, 'perms', 'show', 'creds');
  expect(stderr).toMatch(/^axium: spoke 'creds' not found; /);
});

test.each(['reload', 'logs'])('spoke %s of a spoke that is not there is an answer of no', async (verb) => {
  const world = await makeWorld();
  const missing = () => {
    throw new Refused('not_found', 'no');
  };
  await answerControl(world, { spoke_reload: missing, spoke_logs: missing });
  const { code, stderr } = await axium(world, 'spoke', verb, 'nosuch');
  expect({ code, start: stderr.startsWith("axium: spoke 'nosuch' not found; ") }).toEqual({
    code: 1,
    start: true,
  });
});

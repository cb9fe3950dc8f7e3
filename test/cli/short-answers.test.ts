import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axium, makeWorld, PACKAGE } from './support/cli.ts';
import { answerControl } from './support/control-server.ts';

test('version, --version and -V print the version of the package, without a daemon', async () => {
  const world = await makeWorld();
  const { version } = JSON.parse(await readFile(`${PACKAGE}/package.json`, 'utf8'));
  for (const word of ['version', '--version', '-V']) {
    expect(await axium(world, word)).toEqual({ code: 0, stderr: '', stdout: `axium ${version}\n` });
  }
  expect(JSON.parse((await axium(world, 'version', '--json')).stdout)).toEqual({
    version,
    node: process.versions.node,
  });
});

test('ping prints who answers, and whether it is strict', async () => {
  const world = await makeWorld();
  await answerControl(world, { ping: { pid: 7, version: '0.1.0', strict: true, service: false } });
  expect((await axium(world, 'ping')).stdout).toBe('axiumd 0.1.0 answers, pid 7, strict mode\n');
  expect(JSON.parse((await axium(world, 'ping', '--json')).stdout)).toEqual({
    pid: 7,
    version: '0.1.0',
    strict: true,
    service: false,
  });
});

test('hud prints the segments in one line, and nothing at all where there are none', async () => {
  const world = await makeWorld();
  const segments = [
    { spoke: 'creds', value: '[creds:Y]' },
    { spoke: 'quiet', value: '' },
    { spoke: 'nosy', value: '[nosy:12/14]' },
  ];
  await answerControl(world, { hud: { segments } });
  expect((await axium(world, 'hud')).stdout).toBe('[creds:Y] [nosy:12/14]\n');
  expect(JSON.parse((await axium(world, 'hud', '--json')).stdout)).toEqual(segments);
  const empty = await makeWorld();
  await answerControl(empty, { hud: { segments: [] } });
  expect(await axium(empty, 'hud')).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('audit head prints the number of the last record and the hash of the last write', async () => {
  const world = await makeWorld();
  const head = { seq: 42, hash: 'ab'.repeat(32) };
  await answerControl(world, { audit_head: head });
  expect((await axium(world, 'audit', 'head')).stdout).toBe(`42 ${head.hash}\n`);
  expect(JSON.parse((await axium(world, 'audit', 'head', '--json')).stdout)).toEqual(head);
});

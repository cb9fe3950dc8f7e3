import { expect, test } from 'vitest';
import { runCanary } from '../../core/sandbox/probe.ts';
import { buildSandbox, PLAIN, realPowers } from '../scenarios/support/levels.ts';
import { writeTree } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const TARGETS = {
  secret: '/nonexistent',
  daemon: process.pid,
  tcpPort: 1,
  unixSocket: '/nonexistent',
  abstractSocket: 'x',
} as unknown as Parameters<typeof runCanary>[1]['targets'];

const reporting = (report: string) =>
  `export const register = (axium) => axium.sendRequest({ cmd: 'canary_report', ${report} });\n`;

test.each([
  ['that tried nothing holds nothing', 'open: [], tried: 0', { failure: 'it made 0 of 13 attempts' }],
  ['that does not say what it tried', 'open: []', { failure: 'it made undefined of 13 attempts' }],
  ['whose report is no list', "open: 'x', tried: 13", { failure: 'its report could not be read' }],
  ['that tried everything is believed', "open: ['x'], tried: 13", { open: ['x'] }],
])('a canary %s', async (_, report, expected) => {
  const directory = writeTree(makeTemporaryDirectory(), { 'main.mjs': reporting(report) });
  const { clock } = realPowers();
  expect(await runCanary(await buildSandbox(PLAIN), { clock, directory, targets: TARGETS })).toEqual(
    expected,
  );
});

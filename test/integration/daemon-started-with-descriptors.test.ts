import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

/** So high that what Node itself looks through at its start does not reach it. */
const DESCRIPTOR = 200;
const READING = `
  import fs from 'node:fs';
  export async function register(axium) {
    const command = ['cat', '/proc/self/fd/${DESCRIPTOR}'];
    const { ok, stdout } = await axium.sendRequest({ cmd: 'daemon_exec', command, mode: 'wait' });
    const answers = [fromWithin(), ok ? stdout : ''];
    await axium.sendRequest({ cmd: 'storage_put', key: 'answers', value: JSON.stringify(answers) });
  }
  function fromWithin() {
    try {
      return fs.readFileSync(${DESCRIPTOR}, 'utf8');
    } catch ({ code }) {
      return code;
    }
  }
`;

test.for(['host', 'scoped'])(
  'neither a spoke nor its commands get what the daemon was started with, at the profile %s',
  async (profile) => {
    const secret = openSync(await home.put('secret', 'hunter2'), 'r');
    onTestFinished(() => closeSync(secret));
    const rights = `permissions:\n  exec: true\n  exec_profile: ${profile}\n`;
    await home.addSpoke('reader', rights, READING);
    const gap = Array.from({ length: DESCRIPTOR - 4 }, () => 'ignore' as const);
    daemon = await hostDaemon(home, {}, [...gap, secret]);
    expect(await daemon.answersOf('reader')).toEqual(['EBADF', '']);
  },
);

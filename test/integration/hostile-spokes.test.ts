import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AxiumHome, askingCode, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon } from './support/hosted-daemon.ts';

let home: AxiumHome;
let daemon: HostedDaemon;

beforeEach(async () => {
  home = await makeAxiumHome();
  await home.addSpoke(
    'good',
    'permissions:\n  notify: true\n',
    askingCode([{ cmd: 'notify', title: 'here' }]),
  );
});

afterEach(async () => {
  await daemon.end();
  await home.remove();
});

/** Starts a daemon with one hostile spoke beside a good one, and settles when the hostile one has ended. */
async function endOf(code: string): Promise<{ reason: string; stateOfGood: unknown }> {
  await home.addSpoke('evil', '', code);
  daemon = await hostDaemon(home);
  const failed = await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_failed');
  await daemon.answersOf('good');
  const { spokes } = (await daemon.ask({ cmd: 'spoke_list' })) as unknown as {
    spokes: { name: string; state: string }[];
  };
  return {
    reason: failed.type === 'event' ? `${failed.spoke}: ${failed.detail.reason}` : '',
    stateOfGood: spokes.find(({ name }) => name === 'good')?.state,
  };
}

const WRITES = {
  'a line that is no JSON': `fs.writeSync(3, 'x\\n')`,
  'a line that is no object': `fs.writeSync(3, '[1]\\n')`,
  'a line without an id': `fs.writeSync(3, '{"cmd":"notify"}\\n')`,
  'bytes that are no UTF-8': `fs.writeSync(3, Buffer.from([0x7b, 0xff, 0x7d, 0x0a]))`,
  "Node's own control messages": `fs.writeSync(3, '{"cmd":"NODE_HANDLE_ACK"}\\n')`,
};

for (const [what, write] of Object.entries(WRITES)) {
  test(`${what} on the channel ends that spoke and nothing else`, async () => {
    const { reason, stateOfGood } = await endOf(
      `import fs from 'node:fs';\nexport function register() { ${write}; }`,
    );
    expect(reason).toMatch(/^evil: it broke the rules of the wire: /);
    expect(stateOfGood).toBe('ready');
    expect(await home.securityLines()).toContain(
      '[SECURITY] spoke=evil action=channel allowed=false detail=None via_override=false',
    );
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
  });
}

test('a line that never ends is cut off at the cap, and ends that spoke', async () => {
  const code = `import fs from 'node:fs';
export function register() {
  const part = Buffer.alloc(65536, 0x61);
  for (let n = 0; n < 64; n += 1) for (let at = 0; at < part.length; ) {
    try { at += fs.writeSync(3, part, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
}`;
  expect(await endOf(code)).toEqual({
    reason: 'evil: it broke the rules of the wire: line too long',
    stateOfGood: 'ready',
  });
});

const ENTRY_POINTS = {
  throws: [`export function register() { throw new Error('no luck'); }`, /no luck/],
  rejects: [`export async function register() { await null; throw new Error('no luck'); }`, /no luck/],
  exits: ['export function register() { process.exit(7); }', /exit code 7/],
  'has no such export': ['export function regster() {}', /register.*regster/],
  'does not parse': ['export function register( {', /main\.mjs/],
} as const;

for (const [what, [code, reason]] of Object.entries(ENTRY_POINTS)) {
  test(`an entry point that ${what} fails with one clear reason, and the other spoke runs`, async () => {
    const end = await endOf(code);
    expect(end.reason).toMatch(reason);
    expect(end.reason.split('\n')).toHaveLength(1);
    expect(end.stateOfGood).toBe('ready');
  });
}

test('a spoke that prints megabytes is heard only in part, and the daemon goes on', async () => {
  await home.addSpoke(
    'evil',
    '',
    `export function register() { for (let n = 0; n < 400; n += 1) process.stdout.write('x'.repeat(65536)); }`,
  );
  daemon = await hostDaemon(home);
  await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'evil',
  );
  const { text } = (await daemon.ask({ cmd: 'spoke_logs', spoke: 'evil' })) as unknown as { text: string };
  expect(text.length).toBeLessThanOrEqual(65_536);
  await daemon.answersOf('good');
});

test('a spoke that never reads its answers costs the others nothing', async () => {
  const code = `import fs from 'node:fs';
export function register() {
  for (let id = 100; id < 3000; id += 1) {
    const line = Buffer.from(JSON.stringify({ id, cmd: 'get_permissions' }) + '\\n');
    try { fs.writeSync(3, line); } catch (error) { if (error.code === 'EAGAIN') break; throw error; }
  }
  for (;;);
}`;
  await home.addSpoke('evil', '', code);
  daemon = await hostDaemon(home);
  expect(await daemon.answersOf('good')).toMatchObject([{ ok: true }]);
  expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
});

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { openState } from '../../core/open-state.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { type Places, placesFor } from '../../schemas/places.ts';
import { openBelow } from '../portals/support/open-handles.ts';
import { noHostPolicy } from '../support/host-policy.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

let home: string;
let places: Places;

beforeEach(() => {
  home = makeTemporaryDirectory();
  places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
});

/** Opens the state of one run; it is closed with the test where the test has not closed it. */
async function open(powers = createPowers()) {
  const state = await openState({
    powers,
    places,
    home,
    packageRoot: `${home}/package`,
    hostPolicy: noHostPolicy(home),
  });
  let isOpen = true;
  const close = () => {
    if (isOpen) state.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { ...state, close };
}

test('a daemon holds its state alone, and gives all of it back', async () => {
  const first = await open();
  await expect(open()).rejects.toMatchObject({ code: 'exists' });
  await first.audit.event({ type: 'event', event: 'still-works', spoke: null, detail: {} });
  await first.queue.add('creds', { title: 'a', body: '', level: 'info' });
  first.close();
  expect([existsSync(places.lock), openBelow(home)]).toEqual([false, []]);
  const second = await open();
  expect(second.queue.free()).toMatchObject([{ title: 'a' }]);
  expect(second.audit.head.seq).toBe(1);
});

test('where somebody answers on the socket nothing is opened, though nobody holds the lock', async () => {
  await mkdir(places.run, { recursive: true, mode: 0o700 });
  const server = await createPowers().listen(places.socket);
  onTestFinished(() => void server.close());
  await expect(open()).rejects.toMatchObject({
    code: 'exists',
    message: expect.stringContaining(`answers on ${places.socket}; end it first`),
  });
  expect([existsSync(places.lock), existsSync(places.auditLog), existsSync(places.socket)]).toEqual([
    false,
    false,
    true,
  ]);
});

test('what waits to be recorded is written when the state is closed', async () => {
  const state = await open();
  state.recordEvent('daemon_stopped', null, {});
  state.close();
  expect(await readFile(places.auditLog, 'utf8')).toContain('"daemon_stopped"');
});

test('a broken config.yaml is named with its place, and nothing is held then', async () => {
  await mkdir(places.config, { recursive: true });
  await writeFile(places.configFile, 'exec:\n  timeuot: 5m\n');
  await expect(open()).rejects.toThrow(InvalidFile);
  await expect(open()).rejects.toThrow(`${places.configFile}:2:3`);
  expect([existsSync(places.lock), openBelow(home)]).toEqual([false, []]);
  await writeFile(places.configFile, 'exec:\n  timeout: 5m\n');
  await open();
});

test.each([
  ['the audit log', (all: Places) => all.auditLog],
  ['the security log', (all: Places) => all.securityLog],
  ['the notifications', (all: Places) => all.notifications],
])('%s that cannot be opened ends the start, and nothing is held then', async (_what, pathOf) => {
  await mkdir(pathOf(places), { recursive: true, mode: 0o700 });
  await expect(open()).rejects.toMatchObject({ code: 'invalid' });
  expect([existsSync(places.lock), openBelow(home)]).toEqual([false, []]);
});

test('damaged notifications are told to the daemon log, and are no reason not to start', async () => {
  await mkdir(places.state, { recursive: true, mode: 0o700 });
  await writeFile(places.notifications, 'garbage\n');
  const powers = createPowers();
  await open(powers);
  expect(powers.logged).toEqual([expect.stringMatching(/^\/.*notifications\.jsonl: 1 damaged line/)]);
});

test('an event that cannot be recorded is told to the daemon log, and ends nothing', async () => {
  const powers = createPowers();
  const filesNow = {
    ...powers.filesNow,
    writeSync: () => {
      throw Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' });
    },
  } as typeof powers.filesNow;
  const logged: object[] = [];
  const log = {
    ...powers.log,
    error: (message: string, fields?: object) => logged.push({ message, ...fields }),
  };
  const state = await openState({
    powers: { ...powers, filesNow, log },
    places,
    home,
    packageRoot: `${home}/package`,
    hostPolicy: noHostPolicy(home),
  });
  state.recordEvent('x', null, {});
  while (logged.length === 0) await new Promise((resolve) => setImmediate(resolve));
  state.close();
  expect(logged).toEqual([
    { message: 'the audit log cannot be written, and nothing is allowed until it can: ENOSPC' },
  ]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serviceManager } from '../core/service-manager.ts';
import { SYSTEMD_NOTIFY } from '../schemas/service.ts';
import { makeAxiumHome } from './integration/support/axium-home.ts';
import { hostDaemon } from './integration/support/hosted-daemon.ts';
import { createPowers, type TestPowers } from './support/powers.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

/** A program in the place of systemd-notify that keeps what it was told and with which environment. */
function makeProgram(exitCode = 0) {
  const directory = makeTemporaryDirectory();
  const [program, told] = [`${directory}/notify`, `${directory}/told`];
  writeFileSync(program, `#!/bin/sh\necho "$* to $NOTIFY_SOCKET" >>${told}\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  return {
    program,
    told: () => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []),
  };
}

/** Powers whose `ended` settles when so many of the started programs have ended. */
function watchedPowers(): TestPowers & { readonly ended: (count: number) => Promise<void> } {
  let count = 0;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const plain = createPowers();
  const powers = createPowers({
    clock: plain.clock,
    spawn: (...words) => {
      const child = plain.spawn(...words);
      const over = () => {
        count += 1;
        for (const { count: wanted, resolve } of waiting) if (count >= wanted) resolve();
      };
      child.once('exit', over).once('error', over);
      return child;
    },
  });
  return {
    ...powers,
    ended: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve();
        else waiting.push({ count: wanted, resolve });
      }),
  };
}

const SOCKET = '/nowhere/notify';

test('a daemon that is not a service tells nobody anything', () => {
  const powers = createPowers({
    spawn: () => {
      throw new Error('a program was started');
    },
  });
  const manager = serviceManager(powers, { WATCHDOG_USEC: '1000' }, 7);
  manager.ready();
  powers.clock.advance(60_000);
  manager.stopping();
  expect({ waits: powers.clock.waits(), logged: powers.logged }).toEqual({ waits: [], logged: [] });
});

test('ready, then the watchdog at half of its time, then stopping and no more', async () => {
  const powers = watchedPowers();
  const { program, told } = makeProgram();
  const env = { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '7' };
  const manager = serviceManager(powers, env, 7, program);
  expect(powers.clock.waits()).toEqual([]);
  manager.ready();
  await powers.ended(1);
  for (const count of [2, 3]) {
    powers.clock.advance(29_999);
    expect(powers.clock.waits()).toEqual([1]);
    powers.clock.advance(1);
    await powers.ended(count);
  }
  manager.stopping();
  await powers.ended(4);
  powers.clock.advance(600_000);
  expect(told()).toEqual(
    ['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1'].map((state) => `${state} to ${SOCKET}`),
  );
  expect(powers.clock.waits()).toEqual([]);
});

test.each([
  ['that is not set', {}],
  ['of another process', { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '8' }],
  ['without a number', { WATCHDOG_USEC: '0x10' }],
  ['of no time', { WATCHDOG_USEC: '0' }],
])('a watchdog %s is not fed', async (_what, env) => {
  const powers = watchedPowers();
  const { program } = makeProgram();
  serviceManager(powers, { NOTIFY_SOCKET: SOCKET, ...env }, 7, program).ready();
  await powers.ended(1);
  expect(powers.clock.waits()).toEqual([]);
});

test('the watchdog is not told again while a program that told it has not ended', () => {
  let started = 0;
  const plain = createPowers();
  const powers = createPowers({
    clock: plain.clock,
    spawn: (_program, _words, options) => {
      started += 1;
      const child = plain.spawn('/bin/sleep', ['600'], options);
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      return child;
    },
  });
  serviceManager(powers, { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '2000000' }, 7).ready();
  powers.clock.advance(5000);
  expect(started).toBe(2);
});

test.each([
  ['is not there', () => '/nowhere/systemd-notify'],
  ['fails', () => makeProgram(1).program],
])('a program that %s is logged once, and is no failure of the daemon', async (_what, program) => {
  const powers = watchedPowers();
  const manager = serviceManager(powers, { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '2000000' }, 7, program());
  manager.ready();
  await powers.ended(1);
  powers.clock.advance(1000);
  await powers.ended(2);
  manager.stopping();
  await powers.ended(3);
  expect(powers.logged).toEqual(['the service manager could not be told']);
});

test('a program that cannot even be started is no failure of the daemon', () => {
  const powers = createPowers({
    spawn: () => {
      throw new Error('EAGAIN');
    },
  });
  serviceManager(powers, { NOTIFY_SOCKET: SOCKET }, 7).ready();
  expect(powers.logged).toEqual(['the service manager could not be told']);
});

const PYTHON = '/usr/bin/python3';

/** Listens as a service manager does, and prints what each datagram says. */
const LISTEN = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().strip().replace("\\n", " "), flush=True)
`;

const missing = [PYTHON, SYSTEMD_NOTIFY].filter((path) => !existsSync(path));

describe.skipIf(missing.length > 0)(`a real daemon, without: ${missing.join(', ') || 'nothing'}`, () => {
  test('says over systemd-notify that it is ready, that it lives and that it stops, and to nobody else what it was given', async () => {
    const home = await makeAxiumHome();
    onTestFinished(home.remove);
    const socket = `${home.root}/notify`;
    const listener = spawn(PYTHON, ['-c', LISTEN, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      listener.kill('SIGKILL');
      await once(listener, 'exit');
    });
    const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
    const heard = async (wanted: string) => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`the listener ended before it heard ${wanted}`);
        if (value === wanted) return;
      }
    };
    await heard('listening');
    await home.addSpoke(
      'curious',
      'permissions:\n  exec: true\n',
      `export async function register(axium) {
        const request = { cmd: 'daemon_exec', command: '/usr/bin/env', mode: 'wait' };
        const answers = [await axium.sendRequest(request), { environment: Object.keys(process.env) }];
        await axium.sendRequest({ cmd: 'storage_put', key: 'answers', value: JSON.stringify(answers) });
      }`,
    );
    const secret = {
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: '600000',
      INVOCATION_ID: 'c'.repeat(32),
      JOURNAL_STREAM: '8:1',
    };
    await home.put(
      '../axium/config/config.yaml',
      `exec:\n  env: [MARK, ${Object.keys(secret).join(', ')}]\n`,
    );
    const daemon = await hostDaemon(home, { ...secret, MARK: 'handed on' });
    try {
      await heard('READY=1');
      await heard('WATCHDOG=1');
      expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ service: true });
      const seen = JSON.stringify(await daemon.answersOf('curious'));
      expect(seen).toContain('MARK=handed on');
      for (const name of Object.keys(secret)) expect(seen).not.toContain(name);
    } finally {
      await daemon.end();
    }
    await heard('STOPPING=1');
  });
});

import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeAxiumHome } from '../integration/support/axium-home.ts';
import { hostDaemon, runCli } from '../integration/support/hosted-daemon.ts';
import { crowd } from './support/crowd.ts';

const CROWDS: Readonly<Record<string, (socket: Socket) => void>> = {
  'that say nothing': () => {},
  'that say half of something': (socket) => void socket.write('{"id":1,"cmd":'),
  'that say too much': (socket) => void socket.write('x'.repeat(70_000)),
  'that read no answers': (socket) => {
    socket.pause();
    socket.write('{"id":1,"cmd":"status"}\n'.repeat(500));
  },
  'that wait for notifications': (socket) => void socket.write('{"id":1,"cmd":"notify_wait"}\n'),
};

test.each(Object.keys(CROWDS))(
  'the owner gets an answer beside 700 clients %s',
  async (what) => {
    const home = await makeAxiumHome();
    onTestFinished(() => home.remove());
    const daemon = await hostDaemon(home);
    onTestFinished(() => daemon.end());
    await crowd(home.places.socket, 700, CROWDS[what] ?? (() => {}));
    expect(await runCli(home, ['status'])).toMatchObject({ code: 0 });
  },
  60_000,
);

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** So many clients of a control socket, one after the other, each doing this once it is connected. Gone after the test. */
export async function crowd(path: string, count: number, act: (socket: Socket) => void): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const socket = connect(path);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    // One that is turned away was one more that tried.
    await once(socket, 'connect').then(
      () => act(socket),
      () => {},
    );
  }
}

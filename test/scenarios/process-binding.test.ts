import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot start a process below the API, through process.binding', {
  code: `
    export function attack() {
      const pipe = (readable) => ({ type: 'pipe', readable, writable: !readable });
      const { error, output } = process.binding('spawn_sync').spawn({
        file: '/bin/sh',
        args: ['sh', '-c', 'echo started'],
        envPairs: [],
        stdio: [pipe(true), pipe(false), pipe(false)],
      });
      if (error) throw new Error('spawn_sync: ' + error);
      return String(output[1]);
    }
  `,
  gets: 'started\n',
  // libuv's numbers for EPERM, EACCES and ENOENT.
  refused: /spawn_sync: -(?:1|13|2)$/,
});

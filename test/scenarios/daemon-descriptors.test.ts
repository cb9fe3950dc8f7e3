import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack("a spoke cannot open what the daemon has open through the daemon's /proc entry", {
  code: `
    import fs from 'node:fs';
    export const attack = ({ pid, fd }) => fs.readFileSync('/proc/' + pid + '/fd/' + fd, 'utf8');
  `,
  aim(directory) {
    // Without a name, so that the descriptor is the only way to it.
    const path = `${directory}/secret`;
    writeFileSync(path, 'hunter2');
    const fd = openSync(path, 'r');
    onTestFinished(() => closeSync(fd));
    unlinkSync(path);
    return { target: { pid: process.pid, fd } };
  },
  gets: 'hunter2',
  refused: /^(?:EACCES|ENOENT) /,
});

import { writeFileSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot read more from a worker thread than from its own', {
  code: `
    import { Worker } from 'node:worker_threads';
    const BODY = \`
      const { parentPort, workerData } = require('node:worker_threads');
      parentPort.postMessage(require('node:fs').readFileSync(workerData, 'utf8'));
    \`;
    export const attack = ({ secret }) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(BODY, { eval: true, workerData: secret });
        worker.on('message', resolve).on('error', reject);
      });
  `,
  aim(directory) {
    const secret = `${directory}/secret`;
    writeFileSync(secret, 'hunter2');
    return { target: { secret } };
  },
  gets: 'hunter2',
  refused: /^(?:EACCES|ENOENT) /,
});

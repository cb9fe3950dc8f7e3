import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot start a worker thread where the permission model is on', {
  code: `
    import { Worker } from 'node:worker_threads';
    export const attack = () =>
      new Promise((resolve, reject) => {
        const worker = new Worker("require('node:worker_threads').parentPort.postMessage('ran')", { eval: true });
        worker.on('message', resolve).on('error', reject);
      });
  `,
  // The filter lets a spoke have threads: Node itself needs them. It is Node's model that keeps workers out.
  at: [
    { level: 'kernel', permissionModel: true },
    { level: 'strong', permissionModel: true },
  ],
  gets: 'ran',
  refused: /^ERR_ACCESS_DENIED /,
});

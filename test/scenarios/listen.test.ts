import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot listen for connections', {
  code: `
    import net from 'node:net';
    export const attack = () =>
      new Promise((resolve, reject) => {
        const server = net.createServer().on('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server.address().port));
      });
  `,
  gets: expect.any(Number),
  refused: /^EACCES /,
});

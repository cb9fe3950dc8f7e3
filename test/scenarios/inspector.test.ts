import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot open an inspector that others could drive it through', {
  code: `
    import inspector from 'node:inspector';
    export function attack() {
      inspector.open(0, '127.0.0.1');
      return inspector.url();
    }
  `,
  gets: expect.stringContaining('ws://127.0.0.1:'),
  refused: /got nothing|EACCES|inspector/i,
});

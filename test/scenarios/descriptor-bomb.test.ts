import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot take all the open files there are', {
  code: `
    import fs from 'node:fs';
    export function attack() {
      const kept = [];
      while (kept.length < 1000) kept.push(fs.openSync(new URL('./main.mjs', import.meta.url)));
      return kept.length;
    }
  `,
  extraBytes: 256 * 1_048_576,
  gets: 1000,
  refused: /^EMFILE /,
  ahead: true,
});

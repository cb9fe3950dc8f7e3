import { writeSpoke } from '../support/spoke-directory.ts';
import { describeAttack } from './support/attack.ts';

describeAttack("a spoke cannot read another spoke's directory, by its path or by way of its own", {
  code: `
    import fs from 'node:fs';
    const read = (path) => fs.readFileSync(path, 'utf8');
    export function attack({ other }) {
      try {
        return read(other);
      } catch {
        return read(new URL('../other/key', import.meta.url));
      }
    }
  `,
  aim: (directory) => ({ target: { other: `${writeSpoke(directory, 'other', { key: 'k-1' })}/key` } }),
  gets: 'k-1',
  refused: /^(?:EACCES|ENOENT) /,
  ahead: true,
});

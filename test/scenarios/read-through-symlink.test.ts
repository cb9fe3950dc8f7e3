import { symlinkSync, writeFileSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot read through a symlink in its directory that leads out', {
  code: `
    import fs from 'node:fs';
    export const attack = () => fs.readFileSync(new URL('./way-out', import.meta.url), 'utf8');
  `,
  aim(directory) {
    writeFileSync(`${directory}/secret`, 'hunter2');
    symlinkSync(`${directory}/secret`, `${directory}/attacker/way-out`);
    return { target: {} };
  },
  gets: 'hunter2',
  refused: /^(?:EACCES|ENOENT) /,
});

import { readFileSync, statSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot change, replace or remove its own code', {
  code: `
    import fs from 'node:fs';
    import { fileURLToPath } from 'node:url';
    const WAYS = {
      change: (path) => fs.writeFileSync(path, 'export function register() {}'),
      truncate: (path) => fs.truncateSync(path),
      mode: (path) => fs.chmodSync(path, 0o666),
      rename: (path) => fs.renameSync(path, path + '.old'),
      times: (path) => fs.utimesSync(path, 0, 0),
      remove: (path) => fs.unlinkSync(path),
    };
    export function attack() {
      const path = fileURLToPath(new URL('./main.mjs', import.meta.url));
      const refused = [];
      for (const [name, way] of Object.entries(WAYS)) {
        try {
          way(path);
          return name;
        } catch (error) {
          refused.push(error.code);
        }
      }
      throw new Error(refused.join());
    }
  `,
  aim(directory) {
    const path = `${directory}/attacker/main.mjs`;
    const look = () => `${statSync(path).mode} ${statSync(path).mtimeMs} ${readFileSync(path, 'utf8')}`;
    const before = look();
    return { target: {}, harmed: () => look() !== before };
  },
  gets: 'change',
  refused: /(?:EACCES|EPERM|EROFS|ERR_ACCESS_DENIED)(?:,(?:EACCES|EPERM|EROFS|ERR_ACCESS_DENIED)){5}$/,
});

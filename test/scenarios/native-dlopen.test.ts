import { copyFileSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot load a library from outside its directory',
  native({
    code: `
      import './native.mjs';
      import { createRequire } from 'node:module';
      export const attack = ({ path }) => typeof createRequire(import.meta.url)(path).load;
    `,
    aim(directory) {
      const path = `${directory}/outside.node`;
      copyFileSync(`${directory}/attacker/koffi.node`, path);
      return { target: { path } };
    },
    gets: 'function',
    refused: /outside\.node/,
  }),
);

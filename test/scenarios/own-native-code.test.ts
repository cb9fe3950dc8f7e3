import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack('a spoke cannot load native code of its own with dlopen where the permission model is on', {
  ...native({
    code: `
      import { constants } from 'node:os';
      import { fileURLToPath } from 'node:url';
      export function attack() {
        const loaded = { exports: {} };
        process.dlopen(loaded, fileURLToPath(new URL('./koffi.node', import.meta.url)), constants.dlopen.RTLD_NOW);
        return typeof loaded.exports.load;
      }
    `,
    gets: 'function',
    refused: /^ERR_DLOPEN_DISABLED /,
  }),
  // The filter and the walls hold against native code as well; it is Node's model that keeps it out.
  at: [
    { level: 'kernel', permissionModel: true },
    { level: 'strong', permissionModel: true },
  ],
});

import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

const MIB = 1_048_576;

describeAttack(
  'a spoke cannot fill the memory with shared mappings, which no limit on its data counts',
  native({
    code: `
      import { call } from './native.mjs';
      const [PROT_READ_WRITE, MAP_SHARED, MAP_ANONYMOUS, MAP_POPULATE] = [3, 1, 0x20, 0x8000];
      export function attack() {
        let bytes = 0;
        for (let times = 0; times < 32; times += 1) {
          call('mmap', 0, 8 * ${MIB}, PROT_READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
          bytes += 8 * ${MIB};
        }
        return bytes;
      }
    `,
    extraBytes: 96 * MIB,
    gets: 256 * MIB,
    refused: /^E(?:PERM|NOMEM) mmap$/,
  }),
);

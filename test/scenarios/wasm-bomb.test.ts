import { describeAttack } from './support/attack.ts';

const MIB = 1_048_576;

describeAttack('a spoke cannot fill the memory from WebAssembly', {
  code: `
    export function attack() {
      const memory = new WebAssembly.Memory({ initial: 1 });
      const PAGES_OF_8_MIB = 128;
      for (let times = 0; times < 32; times += 1) memory.grow(PAGES_OF_8_MIB);
      return memory.buffer.byteLength >= 256 * ${MIB};
    }
  `,
  extraBytes: 96 * MIB,
  gets: true,
  refused: /WebAssembly\.Memory\.grow|allocation failed|out of memory/i,
});

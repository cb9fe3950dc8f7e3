import { describeAttack } from './support/attack.ts';

const MIB = 1_048_576;

describeAttack('a spoke cannot fill the memory with buffers', {
  code: `
    export function attack() {
      const kept = [];
      while (kept.length < 32) kept.push(Buffer.alloc(8 * ${MIB}, 1));
      return kept.length;
    }
  `,
  extraBytes: 96 * MIB,
  gets: 32,
  refused: /allocation failed|ERR_MEMORY_ALLOCATION_FAILED|SIGABRT|SIGTRAP/i,
  ahead: true,
});

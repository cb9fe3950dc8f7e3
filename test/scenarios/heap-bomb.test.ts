import { describeAttack } from './support/attack.ts';

const MIB = 1_048_576;

describeAttack('a spoke cannot fill the memory with objects', {
  code: `
    export function attack() {
      const kept = [];
      while (kept.length < 32) kept.push(Array.from({ length: ${MIB} }, (_, index) => index + 0.5));
      return kept.length;
    }
  `,
  extraBytes: 96 * MIB,
  gets: 32,
  refused: /it ended with (?:SIGABRT|SIGTRAP|SIGILL|SIGKILL|exit code \d+).*out of memory/is,
});

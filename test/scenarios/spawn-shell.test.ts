import { existsSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot start a shell', {
  // With its own descriptors, so that it is the new process that is refused and not a pipe to it.
  code: `
    import { spawnSync } from 'node:child_process';
    export function attack({ proof }) {
      const { error, status } = spawnSync('/bin/sh', ['-c', 'echo started > "$0"', proof], { stdio: 'inherit' });
      if (error) throw error;
      return status;
    }
  `,
  aim(directory) {
    const proof = `${directory}/proof`;
    return { target: { proof }, harmed: () => existsSync(proof) };
  },
  gets: 0,
  refused: /^EPERM /,
});

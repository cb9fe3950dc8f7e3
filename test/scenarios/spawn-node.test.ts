import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot start a second Node, though Node is there', {
  // With its own descriptors, so that it is the new process that is refused and not a pipe to it.
  code: `
    import { spawnSync } from 'node:child_process';
    export function attack() {
      const { error, status } = spawnSync(process.execPath, ['-e', 'process.exit(42)'], { stdio: 'inherit' });
      if (error) throw error;
      return status;
    }
  `,
  gets: 42,
  refused: /^EPERM /,
  ahead: true,
});

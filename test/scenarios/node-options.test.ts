import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot have code run elsewhere with --require in NODE_OPTIONS', {
  code: `
    import { spawnSync } from 'node:child_process';
    import { fileURLToPath } from 'node:url';
    export function attack() {
      const payload = fileURLToPath(new URL('./payload.cjs', import.meta.url));
      const env = { NODE_OPTIONS: '--require=' + payload };
      const { error, status } = spawnSync(process.execPath, ['-e', ''], { stdio: 'inherit', env });
      if (error) throw error;
      return status;
    }
  `,
  files: { 'payload.cjs': 'process.exit(42);\n' },
  gets: 42,
  refused: /^EPERM /,
});

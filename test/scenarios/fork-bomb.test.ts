import { describeAttack } from './support/attack.ts';

describeAttack('a spoke cannot fill the machine with processes', {
  code: `
    import { spawn } from 'node:child_process';
    const start = () =>
      new Promise((resolve) => {
        const child = spawn('/bin/sleep', ['0'], { stdio: 'inherit' });
        child.on('error', resolve).on('exit', () => resolve(null));
      });
    export async function attack() {
      const errors = await Promise.all(Array.from({ length: 40 }, start));
      const refused = errors.filter((error) => error !== null);
      if (refused.length === 40) throw refused[0];
      return 40 - refused.length;
    }
  `,
  gets: 40,
  refused: /^EPERM /,
});

import { describeScopedAttack } from './support/scoped-attack.ts';

describeScopedAttack('a command cannot signal the process of its daemon', {
  perl: `print kill(0, $ARGV[0]) ? "got\\n" : "refused\\n";`,
  aim: () => Promise.resolve([String(process.pid)]),
});

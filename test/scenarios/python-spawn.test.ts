import { existsSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke in Python cannot start a program', {
  runtime: 'python',
  // As the seed's example of what not to do, and by a fork of its own.
  code: `
import os, subprocess
def attack(target):
    try:
        child = os.fork()
    except OSError:
        return subprocess.run(["/bin/sh", "-c", 'echo started > "$0"', target["proof"]]).returncode
    if child == 0:
        os.execv("/bin/sh", ["sh", "-c", 'echo started > "$0"', target["proof"]])
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
`,
  aim(directory) {
    const proof = `${directory}/proof`;
    return { target: { proof }, harmed: () => existsSync(proof) };
  },
  gets: 0,
  refused: /^PermissionError /,
});

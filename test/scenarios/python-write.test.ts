import { existsSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';

describeAttack('a spoke in Python cannot write a file, in its own directory as little as outside', {
  runtime: 'python',
  code: `
import os
def attack(target):
    written = []
    problem = None
    for path in (target["proof"], "/tmp/" + target["name"], os.path.dirname(__file__) + "/planted.py"):
        try:
            with open(path, "w") as file:
                written.append(file.write("planted"))
            if path != target["proof"]:
                os.unlink(path)
        except OSError as error:
            problem = error
    if not written:
        raise problem
    return written
`,
  aim(directory) {
    const proof = `${directory}/proof`;
    return {
      target: { proof, name: `axium-test-${process.pid}-planted` },
      harmed: () => existsSync(proof) || existsSync(`${directory}/attacker/planted.py`),
    };
  },
  gets: [7, 7, 7],
  refused: /^(?:PermissionError|FileNotFoundError|OSError) /,
});

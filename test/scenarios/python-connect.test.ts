import { describeAttack } from './support/attack.ts';
import { listenOn } from './support/listeners.ts';

describeAttack('a spoke in Python cannot connect over TCP', {
  runtime: 'python',
  code: `
import socket
def attack(target):
    with socket.create_connection(("127.0.0.1", target["port"]), timeout=5) as line:
        return line.makefile().read()
`,
  async aim() {
    const { port, reached } = await listenOn({ host: '127.0.0.1', port: 0 });
    return { target: { port }, harmed: reached };
  },
  gets: 'hunter2',
  refused: /^PermissionError /,
});

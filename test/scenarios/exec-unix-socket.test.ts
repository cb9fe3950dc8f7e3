import { mkdir } from 'node:fs/promises';
import { listenOn } from './support/listeners.ts';
import { describeScopedAttack } from './support/scoped-attack.ts';

describeScopedAttack('a command cannot reach a socket that lies in a directory of its spoke', {
  perl: `
    use Socket;
    my $made = socket(my $socket, AF_UNIX, SOCK_STREAM, 0);
    print $made && connect($socket, pack_sockaddr_un($ARGV[0])) ? "got\\n" : "refused\\n";
  `,
  permissions: 'fs_write: ["@/agent/**"]\nnet: true',
  async aim({ home }) {
    await mkdir(`${home}/agent`);
    await listenOn({ path: `${home}/agent/socket` });
    return [`${home}/agent/socket`];
  },
});

import { listenOn } from './support/listeners.ts';
import { describeScopedAttack } from './support/scoped-attack.ts';

describeScopedAttack('a command without network cannot reach a port of this host', {
  perl: `
    use Socket;
    socket(my $socket, AF_INET, SOCK_STREAM, 0);
    print connect($socket, pack_sockaddr_in($ARGV[0], inet_aton('127.0.0.1'))) ? "got\\n" : "refused\\n";
  `,
  async aim() {
    const { port } = await listenOn({ port: 0, host: '127.0.0.1' });
    return [String(port)];
  },
});

import { randomBytes } from 'node:crypto';
import { listenOn } from './support/listeners.ts';
import { describeScopedAttack } from './support/scoped-attack.ts';

describeScopedAttack('a command with network cannot reach a socket by its abstract name', {
  perl: `
    use Socket;
    my $made = socket(my $socket, AF_UNIX, SOCK_STREAM, 0);
    # Some versions of Node fill the name up with zeros, to the size of the address.
    my @names = map { pack('S', AF_UNIX) . $_ } "\\0$ARGV[0]", pack('a108', "\\0$ARGV[0]");
    print $made && grep({ connect($socket, $_) } @names) ? "got\\n" : "refused\\n";
  `,
  permissions: 'net: true',
  async aim() {
    const name = `axium-test-${randomBytes(8).toString('hex')}`;
    await listenOn({ path: `\0${name}` });
    return [name];
  },
});

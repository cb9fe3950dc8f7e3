import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { describeScopedAttack } from './support/scoped-attack.ts';

/** Node has no datagram sockets of this kind: a log daemon stands in whose messages nobody reads. */
const LOG = `
  use Socket;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die;
  bind($socket, pack_sockaddr_un($ARGV[0])) or die;
  $| = 1;
  print "ready\\n";
  sleep;
`;

describeScopedAttack('a command cannot turn one of a pair of sockets to a socket of the host', {
  perl: `
    use Socket;
    my $made = socketpair(my $one, my $other, AF_UNIX, SOCK_DGRAM, 0);
    print $made && send($one, 'hello', 0, pack_sockaddr_un($ARGV[0])) ? "got\\n" : "refused\\n";
  `,
  permissions: 'fs_write: ["@/log/**"]\nnet: true',
  async aim({ home }) {
    await mkdir(`${home}/log`);
    const path = `${home}/log/socket`;
    const log: ChildProcess = spawn('/usr/bin/perl', ['-e', LOG, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void log.kill('SIGKILL'));
    if (log.stdout) await once(log.stdout, 'data');
    return [path];
  },
});

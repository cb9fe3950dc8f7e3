# Connects to a socket as the words say, asks, and prints the answers. Words: as UID GID GROUPS, ask, claim FIELDS, send
# LINE, child UID GID GROUPS.
use strict;
use warnings;
use POSIX ();
use Socket;

# A perl with a set-id bit would connect to nothing that it is told to.
my ($path) = shift(@ARGV) =~ /(.*)/s;

sub become {
  my ($uid, $gid, $groups) = @_;
  $> = 0;
  my $all = join ' ', $gid, split /,/, $groups eq '' ? $gid : $groups;
  $) = $all;
  $> = $uid;
}

sub connected {
  socket my $socket, PF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
  connect $socket, sockaddr_un($path) or die "connect: $!";
  return $socket;
}

sub whoami { return '{"cmd":"whoami"' . $_[0] . '}' }

sub ask {
  my ($socket, $line) = @_;
  syswrite $socket, "$line\n" or die "write: $!";
  my $text = '';
  while ($text !~ /\n/) { sysread $socket, $text, 65536, length $text or die 'no answer' }
  syswrite STDOUT, $text;
}

while (defined(my $word = shift @ARGV)) {
  if ($word eq 'as') { become(splice @ARGV, 0, 3) }
  elsif ($word eq 'ask') { ask(connected(), whoami('')) }
  elsif ($word eq 'claim') { ask(connected(), whoami(',' . shift @ARGV)) }
  elsif ($word eq 'send') { ask(connected(), shift @ARGV) }
  elsif ($word eq 'child') {
    # The connection is the parent's; the child has other rights.
    my $socket = connected();
    my @rights = splice @ARGV, 0, 3;
    my $pid = fork;
    if ($pid == 0) { become(@rights); ask($socket, whoami('')); POSIX::_exit(0) }
    waitpid $pid, 0;
  }
  else { die "what is $word?" }
}

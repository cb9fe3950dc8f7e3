#!/usr/bin/perl -w
# Confines itself by Landlock and a seccomp filter and becomes the program that it is told to. For hosts where no user
# namespace can be had. Needs nothing beyond perl-base.
#
#   launch.pl --architecture x64|arm64 --filter-fd N --read PATH... --execute PATH... --write PATH...
#             --limit RESOURCE:VALUE... --env K=V... --forbidden PATH -- PROGRAM ARGUMENT...
#
# --forbidden names a file that must not be readable afterwards: where it is, nothing is started. Whatever fails, fails
# the start; there is no way past a step.
#
# It warns by its first line and is told the architecture: to load the modules for either takes as long as all else that
# it does.
use strict;

my %SYSCALLS_OF = (
    x64   => { prctl => 157, prlimit64 => 302, seccomp => 317 },
    arm64 => { prctl => 167, prlimit64 => 261, seccomp => 277 },
);
my %SYSCALL = (close_range => 436, landlock_create => 444, landlock_add => 445, landlock_enforce => 446);

my %PRCTL = (set_parent_death_signal => 1, set_no_new_privileges => 38);
my $SIGKILL = 9;
my $O_PATH  = 010000000;
my $O_CLOEXEC = 02000000;

# The program keeps its first three descriptors and its channel. Every kernel with Landlock has close_range.
my $FIRST_TO_CLOSE      = 4;
my $LAST_DESCRIPTOR     = 0xffffffff;
my $CLOSE_RANGE_CLOEXEC = 4;

# What Landlock can forbid in the file system, by the version that brought it: all of it is forbidden.
my @FILE_RIGHTS_BY_VERSION = ([1, 13], [2, 14], [3, 15], [5, 16]);
my %FILE_RIGHT = (execute => 1 << 0, write_file => 1 << 1, read_file => 1 << 2, read_dir => 1 << 3, truncate => 1 << 14);

# The filter has this number where the process id of whoever loads it belongs.
my $OWN_PID_MARK = 0x7eadbeef;

sub call {
    my ($what, @arguments) = @_;
    my $result = syscall(shift @arguments, @arguments);
    die "launch: $what: $!\n" if $result == -1;
    return $result;
}

sub read_options {
    my %options = (read => [], execute => [], write => [], limit => [], env => []);
    @options{qw(architecture filter-fd forbidden)} = ();
    while (@ARGV) {
        my $name = shift @ARGV;
        last if $name eq '--';
        $name =~ s/^--// or die "launch: expected an option, found '$name'\n";
        exists $options{$name} or die "launch: unknown option --$name\n";
        my $value = shift @ARGV;
        if (ref $options{$name}) { push @{ $options{$name} }, $value } else { $options{$name} = $value }
    }
    return %options;
}

sub restrict_files {
    my (%options) = @_;
    my $version = call('landlock version', $SYSCALL{landlock_create}, 0, 0, 1);
    my $bits = 0;
    for (@FILE_RIGHTS_BY_VERSION) { $bits = $_->[1] if $version >= $_->[0] }
    my $handled = (1 << $bits) - 1;
    my $network = $version >= 4 ? 3 : 0;
    my $scoped  = $version >= 6 ? 3 : 0;
    my $size    = $version >= 6 ? 24 : $version >= 4 ? 16 : 8;
    my $attributes = pack 'QQQ', $handled, $network, $scoped;
    my $ruleset = call('landlock ruleset', $SYSCALL{landlock_create}, $attributes, $size, 0);
    my $allow = sub {
        my ($path, $rights) = @_;
        sysopen(my $handle, $path, $O_PATH | $O_CLOEXEC) or die "launch: $path: $!\n";
        $rights &= ~$FILE_RIGHT{read_dir} unless -d $path;
        my $rule = pack 'Ql', $rights & $handled, fileno $handle;
        call("landlock rule for $path", $SYSCALL{landlock_add}, $ruleset, 1, $rule, 0);
    };
    $allow->($_, $FILE_RIGHT{read_file} | $FILE_RIGHT{read_dir}) for @{ $options{read} };
    $allow->($_, $FILE_RIGHT{read_file} | $FILE_RIGHT{execute}) for @{ $options{execute} };
    $allow->($_, $FILE_RIGHT{read_file} | $FILE_RIGHT{write_file} | $FILE_RIGHT{truncate}) for @{ $options{write} };
    call('landlock', $SYSCALL{landlock_enforce}, $ruleset, 0);
}

sub load_filter {
    my ($descriptor) = @_;
    open(my $handle, '<&=', $descriptor) or die "launch: filter: $!\n";
    binmode $handle;
    my $filter = do { local $/; <$handle> };
    close $handle;
    die "launch: the filter is empty\n" unless length $filter;
    my ($mark, $pid) = (pack('L', $OWN_PID_MARK), pack('L', $$));
    for (my $at = 4; $at < length $filter; $at += 8) {
        substr($filter, $at, 4) = $pid if substr($filter, $at, 4) eq $mark;
    }
    my $program = pack 'S x6 P', length($filter) / 8, $filter;
    call('seccomp', $SYSCALL{seccomp}, 1, 0, $program);
}

my %options = read_options();
die "launch: expected a program\n" unless @ARGV;
die "launch: expected --filter-fd: without a filter nothing is started\n" unless defined $options{'filter-fd'};
my $own = $SYSCALLS_OF{ $options{architecture} // '' } or die "launch: expected --architecture x64 or arm64\n";
%SYSCALL = (%SYSCALL, %$own);
call('parent death signal', $SYSCALL{prctl}, $PRCTL{set_parent_death_signal}, $SIGKILL, 0, 0, 0);
call('no new privileges', $SYSCALL{prctl}, $PRCTL{set_no_new_privileges}, 1, 0, 0, 0);
for (@{ $options{limit} }) {
    my ($resource, $value) = split /:/;
    my $limit = pack 'QQ', $value, $value;
    call("limit $_", $SYSCALL{prlimit64}, 0, $resource + 0, $limit, 0);
}
call('close on exec', $SYSCALL{close_range}, $FIRST_TO_CLOSE, $LAST_DESCRIPTOR, $CLOSE_RANGE_CLOEXEC);
restrict_files(%options);
if (defined $options{forbidden}) {
    open(my $leak, '<', $options{forbidden}) and die "launch: $options{forbidden} can still be read\n";
}
load_filter($options{'filter-fd'});
%ENV = map { split /=/, $_, 2 } @{ $options{env} };
exec { $ARGV[0] } @ARGV or die "launch: $ARGV[0]: $!\n";

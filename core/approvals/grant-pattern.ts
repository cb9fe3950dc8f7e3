import type { CommandTarget } from '../../schemas/decision.ts';

/**
 * Programs that run whatever they are told to: a grant by their name would be one for everything. Shells, interpreters,
 * and what starts other programs.
 */
const RUN_ANYTHING: ReadonlySet<string> = new Set([
  ...['sh', 'ash', 'bash', 'dash', 'zsh', 'fish', 'ksh', 'mksh', 'csh', 'tcsh', 'rbash', 'busybox', 'toybox'],
  ...[
    'python',
    'perl',
    'ruby',
    'node',
    'nodejs',
    'deno',
    'bun',
    'php',
    'lua',
    'luajit',
    'tclsh',
    'wish',
    'expect',
  ],
  ...[
    'awk',
    'gawk',
    'mawk',
    'nawk',
    'sed',
    'osascript',
    'guile',
    'java',
    'jshell',
    'ghc',
    'erl',
    'R',
    'Rscript',
  ],
  ...['env', 'sudo', 'su', 'doas', 'pkexec', 'run0', 'runuser', 'setpriv', 'newgrp', 'sg', 'chroot', 'capsh'],
  ...[
    'xargs',
    'find',
    'parallel',
    'watch',
    'timeout',
    'nice',
    'ionice',
    'nohup',
    'setsid',
    'stdbuf',
    'time',
    'chrt',
  ],
  ...[
    'flock',
    'taskset',
    'script',
    'screen',
    'tmux',
    'at',
    'batch',
    'crontab',
    'make',
    'ninja',
    'npx',
    'npm',
    'pip',
  ],
  ...[
    'ssh',
    'rsh',
    'strace',
    'ltrace',
    'gdb',
    'valgrind',
    'ld.so',
    'ld-linux-x86-64.so',
    'ld-linux-aarch64.so',
  ],
  ...[
    'nsenter',
    'unshare',
    'bwrap',
    'firejail',
    'systemd-run',
    'machinectl',
    'docker',
    'podman',
    'kubectl',
    'axium',
  ],
  ...[
    'vi',
    'vim',
    'nvim',
    'view',
    'ed',
    'ex',
    'emacs',
    'nano',
    'less',
    'more',
    'man',
    'eval',
    'exec',
    'command',
  ],
  ...[
    'prlimit',
    'setarch',
    'linux32',
    'linux64',
    'runcon',
    'choom',
    'ssh-agent',
    'run-parts',
    'start-stop-daemon',
  ],
  ...[
    'dbus-run-session',
    'dbus-launch',
    'systemd-inhibit',
    'systemd-nspawn',
    'fakeroot',
    'proot',
    'xvfb-run',
  ],
  ...['pwsh', 'pypy', 'tsx', 'yarn', 'pnpm', 'bunx', 'pipx', 'uv', 'uvx', 'cargo', 'go', 'rsync', 'tar'],
]);

/** True for a program that runs what it is told to, by any of its names and with any version behind. */
export function runsAnything({ argv, names, realNames = [] }: CommandTarget): boolean {
  return [argv[0] ?? '', ...names, ...realNames].some((name) => {
    const bare = name.slice(name.lastIndexOf('/') + 1);
    return RUN_ANYTHING.has(bare) || RUN_ANYTHING.has(bare.replace(/[-.]?\d+(?:\.\d+)*$/, ''));
  });
}

/** The first word, as people call the program. */
export function grantPattern({ argv, names }: CommandTarget): string {
  return names.find((name) => !name.includes('/')) ?? argv[0] ?? '';
}

/** The program by its path, and its subcommand where there is one. */
export function subcommandOf({ argv }: CommandTarget): readonly string[] {
  const [program = '', second] = argv;
  return second !== undefined && /^[a-z][a-z0-9-]*$/.test(second) ? [program, second] : [program];
}

/**
 * True where these words begin a command, word by word. A word that only a shell would act on is covered by nothing: whoever
 * wrote it meant more than the words before it.
 */
export function beginsWith(words: readonly string[], { argv, names }: CommandTarget): boolean {
  const [program, ...rest] = words;
  if (program === undefined || !(program === argv[0] || names.includes(program))) return false;
  if (argv.some((word) => /^(?:[;|&<>()`]+|\d*[<>]+.*)$|[\n\r]/.test(word))) return false;
  return rest.every((word, index) => word === argv[index + 1]);
}

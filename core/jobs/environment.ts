/** What every command gets of the daemon's environment, beside its PATH. */
const ALWAYS = ['HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'TZ'] as const;

/** Variables that make a program run other code than its own. No configuration hands them on. */
const NEVER =
  /^(?:LD_|DYLD_|GIT_|NODE_|PYTHON|PERL|RUBY|LUA_|BASH_|DOTNET_|OPENSSL_|npm_|AXIUM_)|^(?:ENV|IFS|SHELLOPTS|PROMPT_COMMAND|EDITOR|VISUAL|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|GCONV_PATH|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH|ZDOTDIR|PS4)$/;

/** The directories in which programs are looked up unless the configuration says otherwise. */
export const DEFAULT_PATH: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** The whole environment of a command: an allow-list, and what the configuration names beside it. */
export function commandEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  {
    path,
    names,
    home,
  }: { readonly path: readonly string[]; readonly names: readonly string[]; readonly home: string },
): Readonly<Record<string, string>> {
  const allowed = [...ALWAYS, ...names].filter((name) => !NEVER.test(name));
  const taken = allowed
    .filter((name) => Object.hasOwn(env, name))
    .map((name) => [name, env[name]] as const)
    .filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(taken), PATH: path.join(':'), HOME: home } as Record<string, string>;
}

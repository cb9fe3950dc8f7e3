/** Where everything lies. Made from the environment by both the daemon and the CLI, so that they always agree. */
export interface Places {
  readonly config: string;
  readonly state: string;
  readonly run: string;
  readonly permissionsFile: string;
  readonly configFile: string;
  readonly environmentsFile: string;
  readonly chosenEnvironment: string;
  readonly spokesDirectory: string;
  readonly overridesDirectory: string;
  readonly socket: string;
  /** The HUD as a line of text; its other forms lie beside it. */
  readonly hud: string;
  /** What a process that was started ahead of its spoke finds in the place of the spoke's directory. */
  readonly warm: string;
  readonly lock: string;
  readonly securityLog: string;
  readonly auditLog: string;
  readonly daemonLog: string;
  readonly latestTime: string;
  readonly spokeLogs: string;
  readonly notifications: string;
  readonly storage: string;
  readonly lastGoodPermissions: string;
  readonly grants: string;
  readonly unanswered: string;
  /** Held while permissions.yaml is being changed by a command. */
  readonly editLock: string;
  /** What `axium perms undo` goes back by. */
  readonly editHistory: string;
  /** What is being edited, and what could not be saved. */
  readonly drafts: string;
  readonly consents: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `AXIUM_HOME` puts everything under one directory. Otherwise the XDG base directories count, and where there is no
 * runtime directory the state has a `run` of its own. Relative values are passed over, as the XDG specification says.
 */
export function placesFor(env: Environment, home: string): Places {
  const root = absolute(env.AXIUM_HOME);
  const config = root ? `${root}/config` : `${absolute(env.XDG_CONFIG_HOME) ?? `${home}/.config`}/axium`;
  const state = root ? `${root}/state` : `${absolute(env.XDG_STATE_HOME) ?? `${home}/.local/state`}/axium`;
  const runtime = absolute(env.XDG_RUNTIME_DIR);
  const run = root ? `${root}/run` : runtime ? `${runtime}/axium` : `${state}/run`;
  return {
    config,
    state,
    run,
    permissionsFile: `${config}/permissions.yaml`,
    configFile: `${config}/config.yaml`,
    environmentsFile: `${config}/envs.yaml`,
    chosenEnvironment: `${state}/environment.json`,
    spokesDirectory: `${config}/spokes`,
    overridesDirectory: `${config}/overrides`,
    socket: `${run}/axiumd.sock`,
    hud: `${run}/hud`,
    warm: `${run}/warm`,
    // Beside what only one daemon may write, wherever its socket lies.
    lock: `${state}/axiumd.lock`,
    securityLog: `${state}/security.log`,
    auditLog: `${state}/audit.jsonl`,
    daemonLog: `${state}/daemon.log`,
    latestTime: `${state}/latest-time.json`,
    spokeLogs: `${state}/spoke-logs`,
    notifications: `${state}/notifications.jsonl`,
    storage: `${state}/storage`,
    lastGoodPermissions: `${state}/permissions.last-good.json`,
    grants: `${state}/grants.json`,
    unanswered: `${state}/unanswered.json`,
    editLock: `${state}/permissions.edit.lock`,
    editHistory: `${state}/permissions.history.json`,
    drafts: `${state}/drafts`,
    consents: `${state}/consents.json`,
  };
}

/** The bytes that the address of a unix socket has room for, without the byte that ends it. */
const MAX_SOCKET_PATH = 107;

/** What is wrong with the path of a socket, and what to do; null where nothing is. */
export function socketProblem(path: string): string | null {
  const bytes = new TextEncoder().encode(path).length;
  return bytes <= MAX_SOCKET_PATH
    ? null
    : `${path}: expected at most ${MAX_SOCKET_PATH} bytes, as the path of a socket can have, found ${bytes}; set AXIUM_HOME or XDG_RUNTIME_DIR to a directory with a shorter path`;
}

/** The home directory: HOME where it is an absolute path, else what the system says of the user. */
export function homeOf(env: Environment, otherwise: () => string): string {
  return absolute(env.HOME) ?? otherwise();
}

/** `AXIUM_SPOKES_PATH`: further directories of spokes, divided by colons. */
export function spokesPath(env: Environment): readonly string[] {
  return spokesPathEntries(env).filter((directory) => directory.startsWith('/'));
}

/** The entries of `AXIUM_SPOKES_PATH` that are passed over, since what they mean depends on where the daemon was started. */
export function relativeSpokesPaths(env: Environment): readonly string[] {
  return spokesPathEntries(env).filter((directory) => !directory.startsWith('/'));
}

function spokesPathEntries({ AXIUM_SPOKES_PATH: path = '' }: Environment): readonly string[] {
  return path.split(':').filter((directory) => directory !== '');
}

/** `AXIUM_PERMS_STRICT`: on for every value but the ones that plainly say no. */
export function isStrict(env: Environment): boolean {
  return !['', '0', 'false', 'no'].includes((env.AXIUM_PERMS_STRICT ?? '').toLowerCase());
}

/** A path as people write it: `~` for the home directory. */
export function shortPath(path: string, home: string): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path.replace(/\/+$/, '') || '/' : undefined;
}

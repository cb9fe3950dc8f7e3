/** What the daemon and the command know of a service manager: the variables by which it talks to what it started. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The name of the daemon's unit. */
export const SERVICE = 'axiumd.service';

/** By what the daemon talks to the service manager: a fixed place, so that no PATH decides what the daemon runs. */
export const SYSTEMD_NOTIFY = '/usr/bin/systemd-notify';

/**
 * True where the service manager started this very process. A terminal that is itself a service hands its variables on to
 * everything that is started in it, so these alone do not tell; systemd before 248 has no SYSTEMD_EXEC_PID.
 */
export function startedAsService(env: Environment, pid: number): boolean {
  const { NOTIFY_SOCKET: socket, INVOCATION_ID: invocation, SYSTEMD_EXEC_PID: exec } = env;
  return Boolean(socket) && Boolean(invocation) && (exec === undefined || exec === String(pid));
}

/** The descriptor of the socket that the service manager opened for this very process; null where it opened none. */
export function activatedDescriptor(env: Environment, pid: number): number | null {
  return env.LISTEN_FDS === '1' && env.LISTEN_PID === String(pid) ? 3 : null;
}

const MEANT_FOR_THE_SERVICE =
  /^(?:NOTIFY_SOCKET|WATCHDOG_(?:USEC|PID)|INVOCATION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM|MANAGERPID|LISTEN_(?:FDS|PID|FDNAMES)|MEMORY_PRESSURE_(?:WATCH|WRITE)|FDSTORE|CREDENTIALS_DIRECTORY)$/;

/** The names of the variables that a service manager sets for the process that it starts, and for no other. */
export function serviceVariables(env: Environment): readonly string[] {
  return Object.keys(env).filter((name) => MEANT_FOR_THE_SERVICE.test(name));
}

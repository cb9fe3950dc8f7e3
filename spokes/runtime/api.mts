import type { Code } from '../../schemas/codes.ts';
import type { Notice } from '../../schemas/wire.ts';
import type { AxiumFailure } from './failure.mts';

export type { AxiumFailure, Code };

/**
 * What the entrypoint of a spoke exports. It is called once, when the spoke starts; the spoke is ready when it has
 * returned or its promise has resolved. If it throws or rejects, the spoke has failed to start and its process ends.
 *
 * @example
 * ```js
 * /** @type {import('axium/spoke').Register} *\/
 * export async function register(axium, events) {
 *   await axium.hud('[hello]');
 *   events.on('shutdown', () => console.log('bye'));
 * }
 * ```
 */
export type Register = (axium: Axium, events: Events) => void | Promise<void>;

/**
 * Everything that a spoke can ask of the daemon. Each typed call resolves with what was asked for, or rejects with an
 * {@link AxiumFailure} whose `code` says why. Every call can fail with `denied` (no rule allows it), `invalid` (the
 * arguments do not have the documented shape), `busy` (too much is under way), `unavailable` (the channel closed) or
 * `internal` (a defect of Axium); further codes are named at each call. Nothing here can be changed by the spoke.
 *
 * @example
 * ```js
 * try {
 *   await axium.notify({ title: 'Disk nearly full' });
 * } catch (error) {
 *   if (error.code !== 'denied') throw error;
 *   console.error(`going on without; to allow it: ${error.entry}`); // notify: true
 * }
 * ```
 */
export interface Axium {
  /**
   * Which spoke this is: name and version as in its `spoke.yaml`. No permission.
   *
   * @example `console.log(axium.spoke.name)`
   */
  readonly spoke: { readonly name: string; readonly version: string };

  /**
   * Sends one request as it goes over the wire and resolves with the answer. It never throws and never rejects: a
   * denial, a request over 1 MiB as a line of JSON (`too_large`) and a closed channel (`unavailable`) are answers with
   * `ok: false`. Needs the permission that the command needs. An `fs_read` with the encoding `bytes` has them as `data`,
   * a Uint8Array.
   *
   * @example
   * ```js
   * const reply = await axium.sendRequest({ cmd: 'notify', title: 'Backup done' });
   * if (!reply.ok) console.error(`${reply.code}: ${reply.error}`);
   * ```
   */
  readonly sendRequest: (request: WireRequest) => Promise<Reply>;

  /**
   * Queues a notification for the user; resolves when it is accepted. Title up to 200 characters, body up to 4,000,
   * level `info` where none is given. Needs `notify: true`. Fails with `quota` when too many are queued.
   *
   * @example `await axium.notify({ title: 'Credentials expired', body: 'Run: aws sso login', level: 'warning' })`
   */
  readonly notify: (notice: NoticeText) => Promise<void>;

  /**
   * Has the daemon run a command, given as words or as a string that is split into words as POSIX does; never by a
   * shell, so an operator such as `|` or `>` in a string is refused. `background`, the default, resolves with the id
   * of the job as soon as it has started; `wait` when the command has ended, whatever its exit code; `stream` gives what
   * the command writes as it comes. Needs `exec`, as `true` or as a list that covers the command. Fails with `not_found`
   * for a program that is not there, `busy` when too many jobs run, `failed` when it could not be started.
   *
   * @example
   * ```js
   * const { code, stdout } = await axium.exec(['git', 'status', '--porcelain'], { mode: 'wait' });
   * ```
   * @example
   * ```js
   * const { output, finished } = axium.exec(['make', 'all'], { mode: 'stream' });
   * for await (const { stream, text } of output) if (stream === 'stderr') console.error(text);
   * console.log((await finished).code);
   * ```
   */
  readonly exec: Exec;

  /** Files, read and written by the daemon on the spoke's behalf. A leading `~/` is the user's home directory. */
  readonly fs: Files;

  /**
   * Sets the spoke's segment of the HUD: up to 64 characters, `''` removes it. No permission.
   *
   * @example `await axium.hud('[creds:Y]')`
   */
  readonly hud: (value: string) => Promise<void>;

  /**
   * Facts about the system that need no file of the user. What this host does not tell is null or empty. Needs
   * `facts: true`.
   *
   * @example `const busy = ((await axium.facts()).load?.one ?? 0) > 4`
   */
  readonly facts: () => Promise<Facts>;

  /**
   * Has an action of the root executor done: one by name, with its parameters, of a table that only root can write. A
   * person is asked each time, unless the user has said otherwise, so this can take long. Where this host has no way to
   * do it, it resolves all the same, with `needsAuth` and what a person could run. Needs an entry in `privileged`. Fails
   * with `not_found` for an action that is not there, `invalid` for parameters that it does not take, `busy` where it was
   * asked for too often, `unavailable` and `failed` where it could not be done.
   *
   * @example
   * ```js
   * const done = await axium.privileged('restart_service', { unit: 'nginx.service' });
   * if (done.needsAuth) console.log(done.suggestion);
   * ```
   */
  readonly privileged: (
    action: string,
    params?: Readonly<Record<string, ActionValue>>,
  ) => Promise<PrivilegedOutcome>;

  /** A private place for text under names, kept across restarts. No permission; a quota (10 MiB unless configured). */
  readonly storage: Storage;

  /** What this spoke may do: the whole of it, and one question at a time. */
  readonly permissions: PermissionsOf;

  /**
   * Offers a command to people: `axium <spoke> <name> [args]` calls the handler in this process, prints what it says and
   * ends with its exit code. The arguments are whatever somebody typed: text, and no proof of who they are. `about` is one
   * line for the list that `axium <spoke> --help` prints. Registering a name again replaces its handler. A call ends after
   * a minute. No permission. Fails with `invalid` for a name that is not up to 32 lower-case letters, digits and hyphens,
   * and `quota` above 64 commands.
   *
   * @example
   * ```js
   * await axium.command('refresh', async (args, { print, warn }) => {
   *   if (args.length > 0) return warn('expected no arguments'), 64;
   *   print('refreshed'); // exit code 0
   * });
   * ```
   */
  readonly command: (
    name: string,
    handler: CommandHandler,
    options?: { readonly about?: string },
  ) => Promise<void>;

  /**
   * Calls the handler again and again: every so many milliseconds, or every `'30s'`, `'5m'`, `'2h'` or `'1d'`, from 100 ms
   * to 366 days, the first time after one interval. Sleep of the machine counts: what became due meanwhile comes within 30
   * seconds of waking, once, however often it was missed. The next call waits until the handler has settled; one that fails
   * is reported on stderr. It is gone with the process; what runs on demand is started by `triggers` of its manifest.
   * Returns a function that ends it. No permission. Throws `invalid` for any other interval.
   *
   * @example `const stop = axium.every('5m', check)`
   */
  readonly every: (interval: number | string, handler: () => unknown) => () => void;

  /**
   * Calls the handler at a moment, given as a Date or in milliseconds since 1970: once, and soon where it has passed. Or
   * every day at a time like `'07:30'` of the user's clock. What became due while the machine slept comes within 30 seconds
   * of waking. A handler that fails is reported on stderr. Returns a function that ends it. No permission. Throws `invalid`
   * for anything else.
   *
   * @example `axium.at('07:30', () => axium.notify({ title: 'Good morning' }))`
   */
  readonly at: (time: Date | number | string, handler: () => unknown) => () => void;

  /**
   * The spoke's configuration, or the value under one dotted `key`: `<name>.yaml` in the spoke's directory under the
   * user's configuration, with the user's own changes merged over it, the section of the active environment over `default`,
   * and variables and `${env.key}` expanded. The shape is the author's; check it. `events.on('config_changed', ...)` tells
   * when it may be another. Needs `fs_read` of that file: `~/.config/axium/spokes/<name>/<name>.yaml`; what comes with a
   * bundled spoke needs no entry. Where there is none, or no such key, the value is empty or null. Fails with `invalid` for
   * a file that is no YAML.
   *
   * @example `const profile = await axium.config('profile')`
   */
  readonly config: (key?: string) => Promise<unknown>;

  /**
   * The name of the active environment, or null where there is none, as the daemon told it last. `events.on('env_change',
   * ...)` tells when it is another, and by then it is that one here. No permission.
   *
   * @example `const isProd = axium.environment() === 'prod'`
   */
  readonly environment: () => string | null;
}

/** What the daemon tells a spoke unasked. */
export interface Events {
  /**
   * Calls the handler whenever the event happens, and returns a function that ends that. A handler that throws or
   * rejects is reported on stderr and changes nothing else. Throws a TypeError for a name that is no event. No
   * permission.
   *
   * @example
   * ```js
   * const stop = events.on('env_change', (now, before) => console.log(`${before} -> ${now}`));
   * ```
   */
  readonly on: <N extends EventName>(name: N, handler: EventHandlers[N]) => () => void;
}

/** The events there are, and what a handler of each is called with. */
export interface EventHandlers {
  /** The user changed what this spoke may do. */
  readonly permissions_changed: () => void | Promise<void>;
  /** A file of this spoke's configuration was changed, or the active environment or its values. */
  readonly config_changed: () => void | Promise<void>;
  /** Another environment is active; null stands for none. */
  readonly env_change: (now: string | null, before: string | null) => void | Promise<void>;
  /** A spoke, this one or another, is ready. While others are starting, those that are ready are told of together, at most a second later. */
  readonly spoke_loaded: (spoke: string) => void | Promise<void>;
  /** A time has come that `triggers` of the manifest names: `every`, or one of `at` as it is written there, like `07:30`. */
  readonly due: (timer: string) => void | Promise<void>;
  /** The process ends when all handlers have settled, at the latest after one second. */
  readonly shutdown: () => void | Promise<void>;
}

export type EventName = keyof EventHandlers;

/** See {@link Axium.command}. What it returns is printed where it is text, and the exit code where it is a number; else that is 0. Where it throws, the message is printed on stderr, and the exit code is 1. */
export type CommandHandler = (args: readonly string[], output: CommandOutput) => unknown;

/** Where the words of a command go. About 128,000 characters of each of the two are passed on. */
export interface CommandOutput {
  /** Prints a line on the caller's standard output. */
  readonly print: (text: string) => void;
  /** Prints a line on the caller's standard error. */
  readonly warn: (text: string) => void;
}

/** One request on the wire: its command and whatever fields that has. The `id` is the runtime's to set. */
export type WireRequest = { readonly cmd: string } & Readonly<Record<string, unknown>>;

/** The answer to one request. */
export type Reply = ({ readonly ok: true } & Readonly<Record<string, unknown>>) | Refusal;

/** Why not: a code for programs and one sentence for people. */
export interface Refusal {
  readonly ok: false;
  readonly code: Code;
  readonly error: string;
  /** With `denied`: what the user could write into a `permissions` section to allow it, where that would. */
  readonly entry?: string;
}

/** A notification as {@link Axium.notify} takes it. */
export interface NoticeText {
  readonly title: string;
  readonly body?: string;
  readonly level?: Notice['level'];
}

/** See {@link Axium.exec}. */
export interface Exec {
  (command: string | readonly string[], options: { readonly mode: 'wait' }): Promise<Finished>;
  (command: string | readonly string[], options: { readonly mode: 'stream' }): Streamed;
  (
    command: string | readonly string[],
    options?: { readonly mode?: 'background' },
  ): Promise<{ readonly job: string }>;
}

/** A command whose output comes as it is written. */
export interface Streamed {
  /** What it writes, in whole characters, up to 1 MiB of each stream. Ends with the command, and fails as `finished` does. */
  readonly output: AsyncIterable<{ readonly stream: 'stdout' | 'stderr'; readonly text: string }>;
  /** How it ended. Fails with the codes of {@link Axium.exec}. */
  readonly finished: Promise<Finished>;
}

/** How a command ended, and what it said. */
export interface Finished {
  /** The exit code, or null where a signal ended it. */
  readonly code: number | null;
  /** The name of that signal, or null. */
  readonly signal: string | null;
  /** Up to 1 MiB each. */
  readonly stdout: string;
  readonly stderr: string;
  /** It was ended because it took longer than a command may. */
  readonly timedOut: boolean;
  /** It said more than is kept. */
  readonly truncated: boolean;
}

export interface Files {
  /**
   * Reads a file: all of it, or `length` bytes from byte `offset`, fewer where it ends. `utf8`, the default, resolves
   * with a string in which bytes that are not UTF-8 have become U+FFFD; `bytes` with the bytes themselves. Several
   * requests are made for more than 4 MiB, so a file that is being written meanwhile may come out mixed. Needs an
   * `fs_read` entry that covers the real path. Fails with `not_found`, `failed`, and `denied` also for what is no
   * regular file.
   *
   * @example `const text = await axium.fs.read('~/.aws/config')`
   * @example `const head = await axium.fs.read('/var/log/app.log', { encoding: 'bytes', length: 512 })`
   */
  readonly read: ReadFile;

  /**
   * Writes a file and resolves with the number of bytes written. It is replaced in one step, or with `append: true`
   * added to. About 1 MiB of text or 750 KiB of bytes fit in one call; more fails with `too_large`. Needs an
   * `fs_write` entry that covers the real path.
   *
   * @example `await axium.fs.write('/tmp/creds-cache/state.json', JSON.stringify(state))`
   */
  readonly write: (
    path: string,
    data: string | Uint8Array,
    options?: { readonly append?: boolean },
  ) => Promise<{ readonly bytes: number }>;

  /**
   * Adds to the end of a file, which is made where it is not there: the same as {@link Files.write} with `append: true`,
   * with its limits, errors and permission. Needs an `fs_write` entry that covers the real path.
   *
   * @example `await axium.fs.append('~/log/spoke.log', 'checked\n')`
   */
  readonly append: (path: string, data: string | Uint8Array) => Promise<{ readonly bytes: number }>;

  /**
   * The names in a directory, sorted: those that your entries cover, and no others. Subdirectories are shown where an
   * entry such as `~/notes/**` covers them too. A directory that is not there, or is none, has no names, unless an entry
   * covers it: then that fails with `not_found` or `invalid`. Needs an `fs_read` entry that covers something in it.
   * Fails with `too_large` above 10,000 names.
   *
   * @example
   * ```js
   * for (const { name, type } of await axium.fs.list('~/notes')) console.log(type, name);
   * ```
   */
  readonly list: (path: string) => Promise<readonly Entry[]>;

  /**
   * What lies under a name, without its content; links are followed. Needs an `fs_read` entry that covers the real path.
   * Fails with `not_found`.
   *
   * @example `const { modified } = await axium.fs.stat('~/.aws/credentials')`
   */
  readonly stat: (path: string) => Promise<Stat>;

  /**
   * Calls the handler after a change of a file, or of something in a directory that your entries cover; the path need not
   * be there yet. Changes within a tenth of a second are one, and directories below are not watched. Links in the path are
   * followed once, at the beginning. Needs an `fs_read` entry that covers the path or something in it; the watch ends when
   * that right goes. Fails with `quota` above 16 watches, and `unavailable` where the host has no more. A handler that fails
   * is reported on stderr.
   *
   * @example
   * ```js
   * const watching = await axium.fs.watch('~/notes', async ({ names }) => console.log(names));
   * watching.ended.then((failure) => failure && console.error(failure.message));
   * ```
   */
  readonly watch: (path: string, handler: (change: Change) => unknown) => Promise<Watching>;
}

/** A watch that goes on until it is ended, see {@link Files.watch}. */
export interface Watching {
  /** Ends it. */
  readonly stop: () => Promise<void>;
  /** Resolves when it is over: with null where it was stopped, and with a failure of code `denied` where the right to it is gone. */
  readonly ended: Promise<AxiumFailure | null>;
}

/** What a watch tells: names that may have changed, come or gone; null for more than 256, where you have to look yourself. */
export interface Change {
  readonly names: readonly string[] | null;
}

/** One name in a directory, see {@link Files.list}. */
export interface Entry {
  readonly name: string;
  /** `link` is a symbolic link, whatever it leads to; `other` what is neither, such as a socket. */
  readonly type: 'file' | 'directory' | 'link' | 'other';
}

/** See {@link Files.stat}. */
export interface Stat {
  readonly type: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** When the content was changed last. */
  readonly modified: Date;
  /** The permission bits, as chmod(1) takes them: 0o600 and the like. */
  readonly mode: number;
}

/** See {@link Files.read}. `offset` and `length` count bytes. */
export interface ReadFile {
  (
    path: string,
    options: { readonly encoding: 'bytes'; readonly offset?: number; readonly length?: number },
  ): Promise<Uint8Array>;
  (
    path: string,
    options?: { readonly encoding?: 'utf8'; readonly offset?: number; readonly length?: number },
  ): Promise<string>;
}

/** Keys are up to 128 letters, digits, `.`, `_` or `-`, and begin with a letter, a digit or `_`. */
export interface Storage {
  /**
   * The text under a key, or null where there is none. No permission.
   *
   * @example `const last = JSON.parse((await axium.storage.get('last')) ?? 'null')`
   */
  readonly get: (key: string) => Promise<string | null>;
  /**
   * Keeps text under a key, in place of what was there: on the disk, once this settles. No permission. Fails with `quota`
   * when the spoke's space is used up, `too_large` above about 1 MiB, and `unavailable` where the disk fails: what was there
   * is kept then, or the message says that the new text is in its place and may be lost; put it again.
   *
   * @example `await axium.storage.put('last', JSON.stringify({ at: Date.now() }))`
   */
  readonly put: (key: string, value: string) => Promise<void>;
  /**
   * All keys there are, in no particular order. No permission.
   *
   * @example `for (const key of await axium.storage.list()) console.log(key)`
   */
  readonly list: () => Promise<readonly string[]>;
  /**
   * Forgets a key; a key that is not there is no error. No permission.
   *
   * @example `await axium.storage.delete('last')`
   */
  readonly delete: (key: string) => Promise<void>;
}

/** A parameter of an action: text, a whole number, or a process by its number and by when it began, in clock ticks. */
export type ActionValue = string | number | { readonly pid: number; readonly start: number };

/** What became of an action of the root executor. */
export type PrivilegedOutcome =
  | {
      readonly success: boolean;
      readonly needsAuth: false;
      readonly via: 'executor' | 'sudo';
      /** The exit code, or null where there is none. */
      readonly code: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | {
      readonly success: false;
      readonly needsAuth: true;
      /** What a person could run: `Run manually: sudo systemctl restart -- nginx.service`. */
      readonly suggestion: string;
    };

/** See {@link Axium.facts}. Names are as on the wire. */
export interface Facts {
  /** Runnable tasks averaged over 1, 5 and 15 minutes, and the number of processors. */
  readonly load: {
    readonly one: number;
    readonly five: number;
    readonly fifteen: number;
    readonly cpus: number | null;
  } | null;
  /** Bytes. */
  readonly memory: {
    readonly total: number | null;
    readonly available: number | null;
    readonly swap_total: number | null;
    readonly swap_free: number | null;
  } | null;
  /** Per cent of the last 10 seconds in which some task waited for it. */
  readonly pressure: {
    readonly cpu: number | null;
    readonly memory: number | null;
    readonly io: number | null;
  };
  /** Bytes and inodes, of the file systems of `/` and of the home directory. */
  readonly disks: readonly {
    readonly mount: string;
    readonly total: number;
    readonly free: number;
    readonly inodes: number;
    readonly inodes_free: number;
  }[];
  /** Names of failed systemd units; null without systemd. */
  readonly failed_units: readonly string[] | null;
  /** The scaling governors of the processors that are in use, each once. */
  readonly cpu_governors: readonly string[];
  /**
   * The generation of NixOS that runs next, and the one that a rollback would go to, with when that was made, in
   * milliseconds since 1970; null where there are none.
   */
  readonly generations:
    | { readonly current: number; readonly previous: null }
    | { readonly current: number; readonly previous: number; readonly previous_made_ms: number }
    | null;
}

/** See {@link Axium.permissions}. */
export interface PermissionsOf {
  /**
   * The rights that this spoke has at the moment, spoke.yaml and the user's overrides merged. A hint for people and
   * for what to offer; what counts is the answer to each request. No permission.
   *
   * @example `if (!(await axium.permissions()).notify) console.error('notify is off; going on without')`
   */
  (): Promise<Permissions>;
  /**
   * Whether a request would be allowed if it were made now. It looks at what is asked about as the request itself would,
   * does nothing, and asks no person: what a person would have to decide is `false`. No permission. Fails with `invalid`
   * without a path or a command where one is needed.
   *
   * @example `if (!(await axium.permissions.can('exec', 'aws sso login'))) console.log('Please log in yourself')`
   */
  readonly can: Can;
}

/** See {@link PermissionsOf.can}. */
export interface Can {
  (action: 'notify' | 'facts'): Promise<boolean>;
  (action: 'fs_read' | 'fs_write', path: string): Promise<boolean>;
  (action: 'exec', command: string | readonly string[]): Promise<boolean>;
}

/** What a spoke may do; paths and commands as they are written in the files. */
export interface Permissions {
  /** A list where only these commands may run; `ask` where a person decides. */
  readonly exec: boolean | 'ask' | readonly string[];
  readonly notify: boolean;
  readonly net: boolean;
  readonly facts: boolean;
  readonly fs_read: readonly string[];
  readonly fs_write: readonly string[];
  /** Names of actions of the root executor that may be asked for. */
  readonly privileged: readonly string[];
}

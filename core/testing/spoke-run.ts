import type { DecisionRecord } from '../../schemas/audit.ts';
import type { Level } from '../../schemas/config.ts';
import type { QueuedNotification, SpokeStatus } from '../../schemas/control-shown.ts';
import type { Mediate, Message } from '../../schemas/message.ts';
import type { OverrideBlock } from '../../schemas/permissions.ts';
import type { Subject } from '../../schemas/subject.ts';
import type { Response } from '../../schemas/wire.ts';
import { responseOf } from '../broker.ts';
import type { Caller } from '../control/caller.ts';
import { type RunningDaemon, startDaemon } from '../daemon.ts';
import { AxiumError } from '../errors.ts';
import type { DaemonInput, Guest } from '../foundation.ts';
import type { LoadedManifest } from '../registry/load-manifest.ts';
import { Expectations } from './expectations.ts';
import { NEEDED, overridesOf, type TestedPermission } from './overrides-of.ts';
import type { TestHome } from './test-home.ts';
import type { ThreadClock } from './thread-clock.ts';

/** One request of a spoke, with its answer. */
export interface SeenRequest {
  readonly cmd: string;
  /** The fields of the request. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The answer as it is on the wire, without its id. */
  readonly reply: Readonly<Record<string, unknown>> & { readonly ok: boolean };
}

export interface Decision {
  readonly action: string;
  readonly allowed: boolean;
  /** As asked, and what it really is. */
  readonly resource: string | null;
  readonly target: string | null;
  readonly reason: string;
  /** `file:line:column` of the rule that decided, or null. */
  readonly rule: string | null;
}

/** A permission that goes away: at the start, or once it was used for the first time. */
export interface Fault {
  readonly name: string;
  readonly permission: TestedPermission;
  readonly when: 'from the start' | 'midway';
}

export interface RunInput {
  readonly host: Omit<DaemonInput, 'places' | 'home' | 'onShutdown' | 'guest' | 'activated' | 'service'>;
  readonly home: TestHome;
  readonly manifest: LoadedManifest;
  readonly permissions: OverrideBlock;
  readonly denied: readonly TestedPermission[];
  readonly revokeAfterUse: TestedPermission | null;
  readonly clock: ThreadClock | null;
  readonly level: Level;
}

/** How long a test waits for something of a spoke. */
const PATIENCE_MS = 10_000;

/** A spoke that runs in a test, and everything that it asked for. */
export class SpokeRun {
  readonly #input: RunInput;
  readonly #requests: SeenRequest[] = [];
  readonly #waiting = new Set<() => void>();
  #denied: readonly TestedPermission[];
  #daemon: RunningDaemon | null = null;
  #toRevoke: TestedPermission | null;

  private constructor(input: RunInput) {
    this.#input = input;
    this.#denied = input.denied;
    this.#toRevoke = input.revokeAfterUse;
  }

  /** Starts it, and settles once it is ready or has failed. */
  static async start(input: RunInput): Promise<SpokeRun> {
    const run = new SpokeRun(input);
    try {
      await run.#start();
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }

  get name(): string {
    return this.#input.manifest.manifest.name;
  }

  /** Whether it is ready; if not, `failure` says why. */
  get ready(): boolean {
    return this.#status?.state === 'ready';
  }

  get failure(): string | null {
    return this.#status?.reason ?? null;
  }

  /** How its process is confined: `none` where it runs in the process of the test. */
  get level(): string {
    return this.#status?.level ?? 'not running';
  }

  /** Every request so far, in the order in which they were answered. */
  get requests(): readonly SeenRequest[] {
    return this.#requests;
  }

  /** Every decision so far, from the log that was written before anything was done. */
  get decisions(): readonly Decision[] {
    return this.#records().map(({ action, effect, resource, target, reason, rule }) => ({
      ...{ action, resource, target, reason },
      allowed: effect === 'allow',
      rule: rule?.origin ?? null,
    }));
  }

  /** What is queued of it. */
  get notifications(): readonly QueuedNotification[] {
    const { notifications } = this.#ask(({ notify_peek }) => notify_peek({ cmd: 'notify_peek' }, TESTER)) as {
      readonly notifications: readonly QueuedNotification[];
    };
    return notifications.filter(({ source }) => source === this.name);
  }

  /** Its segment of the HUD; empty where it has none. */
  get hud(): string {
    const { segments } = this.#ask(({ hud }) => hud({ cmd: 'hud' }, TESTER)) as {
      readonly segments: readonly { readonly spoke: string; readonly value: string }[];
    };
    return segments.find(({ spoke }) => spoke === this.name)?.value ?? '';
  }

  /** What it has printed. */
  get log(): string {
    return (
      this.#ask(({ spoke_logs }) => spoke_logs({ cmd: 'spoke_logs', spoke: this.name }, TESTER)) as {
        readonly text: string;
      }
    ).text;
  }

  /** Checks of what it did, each of which throws with what it did instead. */
  get expect(): Expectations {
    return new Expectations(this);
  }

  /** The text of a file of its home; null where there is none. */
  readFile(path: string): Promise<string | null> {
    const { files } = this.#input.host.powers;
    return files.readFile(this.#input.home.pathOf(path), 'utf8').catch(() => null);
  }

  /** Writes a file of its home, as somebody else would. */
  async writeFile(path: string, text: string): Promise<void> {
    await this.#input.host.powers.files.writeFile(this.#input.home.pathOf(path), text);
  }

  /** Settles with the first request that fits, be it there or to come. Rejects after 10 seconds. */
  until(fits: (request: SeenRequest) => boolean): Promise<SeenRequest> {
    const { clock } = this.#input.host.powers;
    return new Promise((resolve, reject) => {
      const late = clock.after(PATIENCE_MS, () => {
        this.#waiting.delete(look);
        const made = this.#requests.map(({ cmd }) => cmd).join(', ') || 'none';
        reject(new Error(`${this.name}: expected a request that fits within 10 s; it made: ${made}`));
      });
      const look = () => {
        const found = this.#requests.find(fits);
        if (!found) return;
        this.#waiting.delete(look);
        late.cancel();
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Takes a permission away while it runs. Settles once that is in force. */
  async revoke(permission: TestedPermission): Promise<void> {
    this.#denied = [...this.#denied, permission];
    await this.#writeOverrides();
    await this.#ask(({ perms_load }) => perms_load({ cmd: 'perms_load' }, TESTER));
  }

  /**
   * Moves the clock on by so many milliseconds. Every timer that becomes due meanwhile is called, and what it asks for is
   * answered before the next one is. Throws where the run was not given a clock.
   */
  async advance(ms: number): Promise<void> {
    const { clock } = this.#input;
    if (clock === null) throw new AxiumError('invalid', "advance: expected a run with the option 'clock'");
    await clock.advance(ms);
  }

  /** Calls a command that the spoke has registered, as a person would by `axium <spoke> <command>`. */
  async command(name: string, ...args: readonly string[]) {
    return this.#ask(({ spoke_run }) =>
      spoke_run({ cmd: 'spoke_run', spoke: this.name, command: name, args: [...args] }, TESTER),
    );
  }

  /** Ends it, and takes away all its files. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    await daemon?.stop();
    await this.#input.host.powers.files.rm(this.#input.home.root, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { host, home, level } = this.#input;
    // A file that says nothing is taken for one that was emptied by mistake, and waited for.
    if (this.#overrides() !== '{}') await this.#writeOverrides();
    this.#daemon = await startDaemon({
      ...host,
      places: home.places,
      home: home.home,
      service: false,
      activated: null,
      onShutdown: () => {},
      guest: { around: this.#around, level },
    });
    await this.#ask(({ spoke_reload }) => spoke_reload({ cmd: 'spoke_reload' }, TESTER));
    // One that runs on demand: a test is about what it does.
    if (this.#status?.state === 'idle')
      await this.#ask(({ spoke_reload }) => spoke_reload({ cmd: 'spoke_reload', spoke: this.name }, TESTER));
  }

  readonly #around: Guest['around'] = (mediate) => (subject, message, answer) =>
    void this.#lookOn(mediate, subject, message).then(answer);

  async #lookOn(mediate: Mediate, subject: Subject, message: Message): Promise<Response> {
    try {
      const { id: _id, ...reply } = await responseOf(mediate, subject, message);
      const { id: _asked, cmd: _cmd, ...fields } = message.body as Record<string, unknown>;
      // A copy: what the daemon answers with is its own, and a test may do with this what it likes.
      this.#requests.push({ cmd: message.cmd, fields, reply: structuredClone(reply) });
      const revoked = this.#toRevoke;
      if (revoked !== null && reply.ok && NEEDED[message.cmd] === revoked) {
        this.#toRevoke = null;
        await this.revoke(revoked);
      }
      return { ...reply, id: message.id } as Response;
    } finally {
      for (const look of [...this.#waiting]) look();
    }
  }

  get #status(): SpokeStatus | undefined {
    const { spokes } = this.#ask(({ spoke_list }) => spoke_list({ cmd: 'spoke_list' }, TESTER)) as {
      readonly spokes: readonly SpokeStatus[];
    };
    return spokes.find(({ name }) => name === this.name);
  }

  #ask<T>(question: (handlers: RunningDaemon['handlers']) => T): T {
    if (this.#daemon === null) throw new AxiumError('unavailable', `${this.name}: this run has ended`);
    return question(this.#daemon.handlers);
  }

  #records(): readonly DecisionRecord[] {
    const text = this.#input.host.powers.filesNow.readFileSync(this.#input.home.places.auditLog, 'utf8');
    return text
      .split('\n')
      .filter((line) => line.includes('"type":"decision"'))
      .map((line) => JSON.parse(line) as DecisionRecord);
  }

  async #writeOverrides(): Promise<void> {
    const { host, home } = this.#input;
    await host.powers.replaceFile(home.places.permissionsFile, this.#overrides());
  }

  /** JSON is YAML. */
  #overrides(): string {
    const { manifest, permissions } = this.#input;
    const actions = manifest.base.privileged.grants.map(({ pattern }) => pattern);
    const section = overridesOf(permissions, this.#denied, actions);
    return Object.keys(section).length === 0 ? '{}' : JSON.stringify({ [this.name]: section });
  }
}

/** Whoever writes a test may ask what the user of the daemon may. */
const TESTER: Caller = { identity: 'unknown', principal: 'user', tier: 'admin', why: 'it is a test' };

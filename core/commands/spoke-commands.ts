import type { Subject } from '../../schemas/subject.ts';
import { AxiumError } from '../errors.ts';
import type { RecordEvent } from '../open-state.ts';
import type { Clock, Timer } from '../powers.ts';
import type { Lines } from '../supervisor/lines.ts';

/** How long a spoke may take over a call, and how many calls it is given at once. */
const MAX_MS = 60_000;
const MAX_AT_ONCE = 8;
const MAX_COMMANDS = 64;
/** What a process tells before it is ready may be on record a little later. */
const OFFER_MS = 1000;
/** Characters of the words of a call, which have to fit into one line; and of those that the record keeps. */
const MAX_WORDS = 32_768;
const MAX_RECORDED = 1024;

/** What came of a call. */
export interface CommandResult {
  /** 0 to 255. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpokeCommandsInput {
  readonly lines: Lines;
  readonly clock: Clock;
  readonly recordEvent: RecordEvent;
}

/** What was called, with the words of the caller, and by whom. */
export interface Called {
  readonly command: string;
  readonly args: readonly string[];
  /** As the control socket knows them. The spoke is not told. */
  readonly principal: string;
}

/** Somebody who waits for a process to offer a command. */
interface Hope {
  readonly instance: string;
  readonly name: string;
  readonly end: () => void;
}

interface Call {
  readonly instance: string;
  readonly settle: (result: CommandResult | AxiumError) => void;
}

/**
 * The commands that spokes offer to people as `axium <spoke> <command>`. They belong to the process that registered them
 * and go with it; only that process can answer a call that it was given.
 */
export class SpokeCommands {
  readonly #input: SpokeCommandsInput;
  readonly #offered = new Map<string, Map<string, string>>();
  /** What the last process of each spoke offered, for who asks while none runs. */
  readonly #last = new Map<string, ReadonlyMap<string, string>>();
  readonly #calls = new Map<number, Call>();
  readonly #hopes = new Set<Hope>();
  #count = 0;

  constructor(input: SpokeCommandsInput) {
    this.#input = input;
    input.lines.onClosed((instance) => this.#forget(instance));
  }

  /** Offers a command, in the place of one of the same name. Throws `quota` above 64. */
  register({ spoke, instance }: Pick<Subject, 'spoke' | 'instance'>, name: string, about: string): void {
    const offered = this.#offered.get(instance) ?? new Map<string, string>();
    if (offered.size >= MAX_COMMANDS && !offered.has(name))
      throw new AxiumError('quota', `expected at most ${MAX_COMMANDS} commands of a spoke`);
    this.#offered.set(instance, offered.set(name, about));
    this.#last.set(spoke, offered);
    for (const hope of [...this.#hopes]) if (hope.instance === instance && hope.name === name) hope.end();
  }

  /** Settles once a process that runs offers a command, or is gone, and after a second anyway. */
  offered(instance: string, name: string): Promise<void> {
    const { lines, clock } = this.#input;
    if (this.#offered.get(instance)?.has(name) || lines.to(instance) === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.after(OFFER_MS, () => hope.end());
      const end = () => {
        timer.cancel();
        this.#hopes.delete(hope);
        resolve();
      };
      const hope: Hope = { instance, name, end };
      this.#hopes.add(hope);
    });
  }

  /** Whether a process is at a call, or is about to be. */
  isBusy(instance: string): boolean {
    const all = [...this.#calls.values(), ...this.#hopes];
    return all.some((one) => one.instance === instance);
  }

  /** These commands of a spoke that does not run, with what its last process said of them. */
  named(
    spoke: string,
    names: readonly string[],
  ): readonly { readonly name: string; readonly about: string }[] {
    return [...names].sort().map((name) => ({ name, about: this.#last.get(spoke)?.get(name) ?? '' }));
  }

  /** What a process offers, by name. */
  list(instance: string): readonly { readonly name: string; readonly about: string }[] {
    return [...(this.#offered.get(instance) ?? [])]
      .map(([name, about]) => ({ name, about }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /**
   * Has a process do a command, and settles with what it makes of it. Throws `unknown_command`, `unavailable` where it
   * does not run or ends meanwhile, `busy` above 8 calls at once, `timeout` after a minute.
   */
  async run(
    { spoke, instance }: Pick<Subject, 'spoke' | 'instance'>,
    { command, args, principal }: Called,
  ): Promise<CommandResult> {
    const { lines, clock, recordEvent } = this.#input;
    const line = lines.to(instance);
    if (line === undefined) throw new AxiumError('unavailable', `spoke '${spoke}' does not run now`);
    if (!this.#offered.get(instance)?.has(command))
      throw new AxiumError('unknown_command', `spoke '${spoke}' has no command '${command}'`);
    if (args.reduce((sum, word) => sum + word.length, 0) > MAX_WORDS)
      throw new AxiumError('too_large', `expected at most ${MAX_WORDS} characters in all words together`);
    const atOnce = [...this.#calls.values()].filter((call) => call.instance === instance).length;
    if (atOnce >= MAX_AT_ONCE)
      throw new AxiumError('busy', `spoke '${spoke}' is at ${atOnce} commands already; try again`);
    this.#count += 1;
    const call = this.#count;
    const recorded = JSON.stringify(args);
    const detail = {
      call,
      instance,
      principal,
      command,
      args: recorded.length > MAX_RECORDED ? `${recorded.slice(0, MAX_RECORDED)}...` : recorded,
    };
    recordEvent('spoke_command', spoke, detail);
    const result = await new Promise<CommandResult | AxiumError>((resolve) => {
      const late = new AxiumError('timeout', `spoke '${spoke}' took longer than ${MAX_MS / 1000} s over it`);
      const timer: Timer = clock.after(MAX_MS, () => this.#calls.get(call)?.settle(late));
      this.#calls.set(call, {
        instance,
        settle: (settled) => {
          timer.cancel();
          this.#calls.delete(call);
          resolve(settled);
        },
      });
      line.send({ event: 'command', call, command, args });
    });
    const code = result instanceof AxiumError ? null : result.code;
    recordEvent('spoke_command_done', spoke, { call, code });
    if (result instanceof AxiumError) throw result;
    return result;
  }

  /** Takes what a process has made of a call that it was given. Throws `not_found` for any other. */
  finish({ instance }: Pick<Subject, 'instance'>, call: number, result: CommandResult): void {
    const known = this.#calls.get(call);
    if (known?.instance !== instance)
      throw new AxiumError('not_found', 'there is no such call, or no more; it may have taken too long');
    known.settle(result);
  }

  #forget(instance: string): void {
    this.#offered.delete(instance);
    const gone = new AxiumError('unavailable', 'the spoke ended before it was done');
    for (const call of [...this.#calls.values()]) if (call.instance === instance) call.settle(gone);
    for (const hope of [...this.#hopes]) if (hope.instance === instance) hope.end();
  }
}

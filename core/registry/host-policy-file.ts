import { HOST_POLICY_FILE } from '../../schemas/host-policy.ts';
import type { Powers } from '../powers.ts';
import { type HostPolicy, MAX_HOST_POLICY_BYTES, parseHostPolicy } from './load-host-policy.ts';
import type { Owners } from './owners.ts';
import { formatProblem, InvalidFile, type Problem } from './problem.ts';
import { readText } from './read-text.ts';
import { findStranger } from './trusted-way.ts';

/** Whose the file has to be, with every directory on the way to it: root's alone. */
export const ROOT_ALONE: Owners = { users: [0], groups: [0] };

/**
 * Where the policy of this host lies. `--host-policy=<file>` puts it elsewhere for root alone, who could as well write the
 * real one: nobody else lifts it by how they start the daemon.
 */
export function hostPolicyFile(argv: readonly string[], uid: number | undefined): string {
  const option = '--host-policy=';
  const given = uid === 0 ? argv.find((word) => word.startsWith(option)) : undefined;
  return given?.slice(option.length) ?? HOST_POLICY_FILE;
}

/** How long a new version must stay as it is before it may lift anything; an emptied file may be half of a save. */
const SETTLE_MS = 150;
const SETTLE_EMPTY_MS = 1000;

/** What the host's policy says at this moment. */
export interface HostPolicyState {
  /** None where there is no such file; two while a new version is not confirmed yet, which then both bound. */
  readonly inForce: readonly HostPolicy[];
  /** Why the file as it is now is not taken. Empty where it is. */
  readonly problems: readonly Problem[];
  /** Why nothing is allowed: it is root's, it cannot be taken, and there was no valid version since the start. */
  readonly closed: string | null;
}

export const NO_HOST_POLICY: HostPolicyState = { inForce: [], problems: [], closed: null };

export interface HostPolicyInput {
  readonly powers: Pick<Powers, 'files'>;
  readonly file: string;
  readonly owners: Owners;
  readonly home: string;
}

/** What one look at the file found. */
export type HostPolicyLook =
  | { readonly policy: HostPolicy | null }
  /** It is not root's alone, so anybody could have written it. */
  | { readonly foreign: Problem }
  | { readonly problems: readonly Problem[] };

/** Reads the host's policy once. What is not root's alone is told as foreign and not read. */
export async function readHostPolicy({
  powers: { files },
  file,
  owners,
  home,
}: HostPolicyInput): Promise<HostPolicyLook> {
  const stranger = await findStranger(files, file, owners);
  if (stranger !== null) return { foreign: stranger };
  try {
    const read = await readText(files, file, { maxBytes: MAX_HOST_POLICY_BYTES, follow: true, owners });
    return { policy: read === null ? null : parseHostPolicy(file, read.text, home) };
  } catch (error) {
    if (error instanceof InvalidFile) return { problems: error.problems };
    throw error;
  }
}

/** What a look comes to where nothing was known before: at the start of a daemon, and for a look without one. */
export function stateAtFirst(look: HostPolicyLook): HostPolicyState {
  if ('policy' in look) return { ...NO_HOST_POLICY, inForce: look.policy === null ? [] : [look.policy] };
  if ('foreign' in look) return { ...NO_HOST_POLICY, problems: [look.foreign] };
  return {
    ...NO_HOST_POLICY,
    problems: look.problems,
    closed: "the policy of this host is not valid; see 'axium doctor'",
  };
}

type KeeperInput = HostPolicyInput & { readonly powers: Pick<Powers, 'files' | 'clock'> };
type OnChange = (state: HostPolicyState, before: HostPolicyState) => void;

/**
 * Keeps up with the host's policy. A file that is not root's alone is ignored, and told of; one that is root's and cannot
 * be taken lifts nothing: what was in force stays, and at the start nothing is allowed. What a new version lifts counts
 * once it has been the same twice.
 */
export class HostPolicyKeeper {
  readonly #input: KeeperInput;
  #onChange: OnChange = () => {};
  #state: HostPolicyState = NO_HOST_POLICY;
  #reading: Promise<void> | null = null;
  #again = false;

  private constructor(input: KeeperInput) {
    this.#input = input;
  }

  static async open(input: KeeperInput): Promise<HostPolicyKeeper> {
    const keeper = new HostPolicyKeeper(input);
    keeper.#state = stateAtFirst(await readHostPolicy(input));
    return keeper;
  }

  get file(): string {
    return this.#input.file;
  }

  /** Has every further change told, to this listener alone. */
  listen(onChange: OnChange): void {
    this.#onChange = onChange;
  }

  get state(): HostPolicyState {
    return this.#state;
  }

  /** Reads the file again and settles once what it says is in force or refused. Calls during a reading are joined. */
  refresh(): Promise<void> {
    if (this.#reading) this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    let seen: string | null = null;
    for (;;) {
      this.#again = false;
      const look = await readHostPolicy(this.#input);
      if (!('policy' in look)) {
        const problems = 'foreign' in look ? [look.foreign] : look.problems;
        this.#set({ ...this.#state, problems });
        if (!this.#again) return;
        continue;
      }
      const { policy } = look;
      const text = policy?.text ?? '';
      const [first, second] = this.#state.inForce;
      const isKnown = second === undefined && (first?.text ?? '') === text && this.#state.closed === null;
      if (isKnown || seen === text) {
        const known = [first, second].find((one) => one?.text === text) ?? policy;
        this.#set({ inForce: known === null || text === '' ? [] : [known], problems: [], closed: null });
        if (!this.#again) return;
      } else {
        // Meanwhile the old one and the new one both bound.
        const both = [first, policy].filter((one) => one !== undefined && one !== null);
        this.#set({ ...this.#state, inForce: both, problems: [] });
        seen = text;
      }
      await this.#pause(text === '' ? SETTLE_EMPTY_MS : SETTLE_MS);
    }
  }

  #set(next: HostPolicyState): void {
    const before = this.#state;
    const told = (state: HostPolicyState) => state.problems.map(formatProblem).join();
    const same =
      next.inForce.length === before.inForce.length &&
      next.inForce.every((policy, index) => policy === before.inForce[index]) &&
      next.closed === before.closed &&
      told(next) === told(before);
    if (same) return;
    this.#state = next;
    this.#onChange(next, before);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#input.powers.clock.after(ms, resolve));
  }
}

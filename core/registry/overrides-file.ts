import type { Expansion } from '../policy/match-path.ts';
import type { Powers } from '../powers.ts';
import { describeFailure } from '../state-file.ts';
import { createLastGood } from './last-good.ts';
import { type LoadedOverrides, MAX_OVERRIDES_BYTES, NO_OVERRIDES, parseOverrides } from './load-overrides.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { formatProblem, InvalidFile, type Problem } from './problem.ts';
import { readText } from './read-text.ts';
import type { FindExchanged } from './same-directories.ts';

/** How long a new version must stay as it is before it may add rights; an emptied file may be half of a save. */
const SETTLE_MS = 150;
const SETTLE_EMPTY_MS = 1000;
/** How long after a look that failed for a reason that can pass the next one is. */
const AGAIN_MS = 1000;
const MISSING = 'missing';
const REFUSED = 'refused';

/** What `permissions.yaml` says at this moment. */
export interface OverridesState {
  /** Null while no valid file has ever been read: then nothing is allowed beyond the HUD. */
  readonly inForce: LoadedOverrides | null;
  /** A newer version that is not confirmed yet. Until then both must allow, so that removals count at once. */
  readonly pending: LoadedOverrides | null;
  /** Why the file as it is now is not taken. Empty where it is. */
  readonly problems: readonly Problem[];
}

export interface OverridesFileInput {
  readonly powers: RegistryPowers & Pick<Powers, 'replaceFile' | 'clock'>;
  readonly file: string;
  readonly lastGoodFile: string;
  readonly expansion: Required<Expansion>;
  /** Where it finds one, what the file takes away counts and what it adds does not. */
  readonly findExchanged?: FindExchanged;
  /** What a version that is valid by itself fails of what it expects. What was in force before is not asked again. */
  readonly failures?: (version: LoadedOverrides) => readonly Problem[];
  readonly onChange: (state: OverridesState, before: OverridesState) => void;
  readonly onWarning: (message: string) => void;
}

/**
 * Keeps up with `permissions.yaml`. A file that does not parse or validate changes nothing: the last good version stays
 * in force, across restarts too. A YAML prefix can be valid and wider than the whole, so a version counts in full only
 * once it has been the same twice.
 */
export class OverridesFile {
  #state: OverridesState = { inForce: null, pending: null, problems: [] };
  readonly #input: OverridesFileInput;
  readonly #lastGood: ReturnType<typeof createLastGood>;
  /** The version that the last look found; empty before the first. */
  #version = '';
  #reading: Promise<void> | null = null;
  #again = false;
  #looksAgain = false;

  constructor(input: OverridesFileInput) {
    this.#input = input;
    this.#lastGood = createLastGood(input.powers, input.lastGoodFile);
  }

  get state(): OverridesState {
    return this.#state;
  }

  /** Reads what was last good, then the file itself, and returns once that is confirmed or refused. */
  async start(): Promise<void> {
    const kept = await this.#lastGood.read();
    if (kept.warning) this.#input.onWarning(kept.warning);
    const inForce = kept.text === null ? null : this.#parse(kept.text);
    this.#state = { inForce: Array.isArray(inForce) ? null : inForce, pending: null, problems: [] };
    await this.refresh();
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
    // As long as the file changes it is looked at again: what it takes away counts meanwhile, what it adds does not.
    for (;;) {
      this.#again = false;
      const settled = await this.#readOnce();
      if (settled && !this.#again) return;
      await this.#pause(this.#state.pending?.layers.size === 0 ? SETTLE_EMPTY_MS : SETTLE_MS);
    }
  }

  /** One look at the file. True when what it says is now in force or refused, false when it has to settle first. */
  async #readOnce(): Promise<boolean> {
    const { files, uid } = this.#input.powers;
    const look = await readText(files, this.#input.file, {
      maxBytes: MAX_OVERRIDES_BYTES,
      follow: true,
      owners: ownersFor({ uid }),
    }).catch((error: unknown) => {
      if (!(error instanceof InvalidFile)) throw error;
      // Nobody tells when there are descriptors again, and a removal must not wait for the next save.
      if (error.isPassing) this.#lookAgainLater();
      return error.problems;
    });
    if (Array.isArray(look)) return this.#refuse(look);
    const text = look === null || !('text' in look) ? '' : look.text;
    const version = look === null || !('text' in look) ? MISSING : look.version;
    const { inForce, pending } = this.#state;
    const known = [inForce, pending].find((version) => version?.text === text);
    const parsed = known ?? this.#parse(text);
    if (Array.isArray(parsed)) return this.#refuse(parsed);
    const failures = this.#input.failures?.(parsed) ?? [];
    if (failures.length > 0) return this.#refuse(failures);
    const nothingBefore = inForce === null && version === MISSING && this.#version === '';
    const same = inForce !== null && inForce.text === text;
    const confirmed = pending !== null && pending.text === text && this.#version === version;
    this.#version = version;
    const exchanged = same ? null : ((await this.#input.findExchanged?.()) ?? null);
    if (exchanged !== null) {
      this.#set({ inForce, pending: parsed, problems: [exchanged] });
      return true;
    }
    if (same || confirmed || nothingBefore) {
      const accepted = same ? inForce : parsed;
      // What could not be kept for the next start takes away and adds nothing; the next look tries again.
      const kept = same || (await this.#keep(text));
      if (!kept) this.#lookAgainLater();
      this.#set(
        kept
          ? { inForce: accepted, pending: null, problems: [] }
          : { inForce, pending: parsed, problems: [] },
      );
      return true;
    }
    this.#set({ inForce, pending: parsed, problems: [] });
    return false;
  }

  /** One more look after a while, for what failed for a reason that can pass. */
  #lookAgainLater(): void {
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    this.#input.powers.clock.after(AGAIN_MS, () => {
      this.#looksAgain = false;
      // What a look finds, it tells by itself.
      this.refresh().catch(() => {});
    });
  }

  /** Keeps it for the next start, and tells whether it could. */
  async #keep(text: string): Promise<boolean> {
    const failure = await this.#lastGood.write(text).then(() => null, describeFailure);
    if (failure === null) return true;
    const { onWarning, lastGoodFile } = this.#input;
    onWarning(
      `${lastGoodFile}: permissions.yaml could not be kept for the next start (${failure}), so it adds nothing yet; make room`,
    );
    return false;
  }

  /** What a version before this one took away stays taken: a file that is being written must give nothing back. */
  #refuse(problems: readonly Problem[]): true {
    const { inForce, pending } = this.#state;
    this.#version = REFUSED;
    this.#set({ inForce, pending, problems });
    return true;
  }

  #parse(text: string): LoadedOverrides | Problem[] {
    if (text === '') return NO_OVERRIDES;
    try {
      return parseOverrides(this.#input.file, text, this.#input.expansion);
    } catch (error) {
      if (error instanceof InvalidFile) return [...error.problems];
      throw error;
    }
  }

  #set(next: OverridesState): void {
    const before = this.#state;
    const same =
      next.inForce === before.inForce &&
      next.pending === before.pending &&
      next.problems.map(formatProblem).join() === before.problems.map(formatProblem).join();
    if (same) return;
    this.#state = next;
    this.#input.onChange(next, before);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#input.powers.clock.after(ms, resolve));
  }
}

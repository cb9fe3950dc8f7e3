import { AxiumError, errno } from '../errors.ts';
import type { Powers, Timer } from '../powers.ts';
import { FORMS, hudForms, type Segment } from './forms.ts';

export interface HudPublisherInput {
  readonly powers: Pick<Powers, 'files' | 'clock' | 'log'>;
  /** The plain form; the names of the others begin with it. */
  readonly file: string;
  readonly segments: () => readonly Segment[];
  /** Shows a line in the tmux of the user, or takes it away where it is null, as far as they want that. */
  readonly push: (line: string | null) => Promise<void>;
}

/** No two writes are closer than this, whatever spokes say. */
const APART_MS = 250;

/** Keeps the HUD in files, each replaced in one step, so that a prompt reads it without starting anything. */
export class HudPublisher {
  readonly #input: HudPublisherInput;
  #timer: Timer | null = null;
  #last = Number.NEGATIVE_INFINITY;
  #written: string | null = null;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  #isTroubled = false;

  constructor(input: HudPublisherInput) {
    this.#input = input;
  }

  /** What is shown may be something else by now. */
  changed(): void {
    if (this.#timer !== null || this.#stopped) return;
    const { clock } = this.#input.powers;
    const wait = Math.max(0, this.#last + APART_MS - clock.monotonic());
    this.#timer = clock.after(wait, () => {
      this.#timer = null;
      this.#last = clock.monotonic();
      this.#turn = this.#turn.then(() => this.#write());
    });
  }

  /** Takes the files away, once what is being written is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#turn;
    const { powers, file, push } = this.#input;
    const names = FORMS.flatMap((form) => [`${file}${form}`, unfinished(`${file}${form}`)]);
    await Promise.all(names.map((name) => powers.files.rm(name, { force: true }).catch(() => {})));
    await push(null).catch((error: unknown) => this.#trouble(error));
  }

  async #write(): Promise<void> {
    if (this.#stopped) return;
    const { file, segments, push } = this.#input;
    const forms = hudForms(segments());
    const text = JSON.stringify(forms);
    if (text === this.#written) return;
    try {
      await Promise.all(FORMS.map((form) => this.#replace(`${file}${form}`, forms[form])));
      this.#written = text;
      this.#isTroubled = false;
    } catch (error) {
      this.#trouble(error);
    }
    await push(forms['.tmux'].trimEnd()).catch((error: unknown) => this.#trouble(error));
  }

  /** In one step, and not durably: it is of this run alone. What a killed daemon left half-written is overwritten. */
  async #replace(file: string, text: string): Promise<void> {
    const { files } = this.#input.powers;
    await files.rm(unfinished(file), { force: true });
    await files.writeFile(unfinished(file), text, { mode: 0o600, flag: 'wx' });
    await files.rename(unfinished(file), file);
  }

  #trouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const why = error instanceof AxiumError ? error.message : errno(error);
    this.#input.powers.log.warn(`${this.#input.file}: the HUD cannot be written: ${why}`);
  }
}

function unfinished(file: string): string {
  return `${file}.new`;
}

import { z } from 'zod';
import { type EnvironmentValues, environmentNameSchema } from '../../schemas/environments.ts';
import { AxiumError } from '../errors.ts';
import { type KeptFile, keptFile } from '../kept-file.ts';
import type { Powers } from '../powers.ts';
import { formatProblem, InvalidFile, type Problem } from '../registry/problem.ts';
import { type LoadedEnvironments, loadEnvironments } from './load-environments.ts';

export interface EnvironmentsInput {
  readonly powers: Pick<Powers, 'files' | 'uid' | 'replaceFile' | 'log' | 'clock'>;
  /** `envs.yaml`, which the user writes; and where the choice of the user is kept. */
  readonly file: string;
  readonly chosenFile: string;
  /** What `config.yaml` says, which counts where nothing was chosen. */
  readonly configured: () => string | null;
  /** Another environment is active. */
  readonly onChange: (now: string | null, before: string | null) => void;
  /** The values that configurations are made of may be others. */
  readonly onValues: () => void;
}

const chosenSchema = z.strictObject({ environment: environmentNameSchema.nullable() });
/** What the file of the choice holds, and how that is said. */
export const CHOSEN = { schema: chosenSchema, holds: 'the environment that was chosen' } as const;

/**
 * The environments of the user, and the one that is active. A broken `envs.yaml` changes nothing: what was read before
 * stays, and the problem is told.
 */
export class Environments {
  readonly #input: EnvironmentsInput;
  readonly #choice: KeptFile<z.infer<typeof chosenSchema>>;
  #known: LoadedEnvironments = new Map();
  #problems: readonly Problem[] = [];
  #chosen: string | null = null;
  #active: string | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(input: EnvironmentsInput) {
    this.#input = input;
    this.#choice = keptFile(input.powers, input.chosenFile, CHOSEN);
  }

  static async open(input: EnvironmentsInput): Promise<Environments> {
    const environments = new Environments(input);
    environments.#chosen = (await environments.#choice.read())?.environment ?? null;
    await environments.#load();
    environments.#active = environments.#wanted();
    return environments;
  }

  /** The name of the active environment, or null. */
  get active(): string | null {
    return this.#active;
  }

  /** What `${env.key}` stands for. */
  get values(): EnvironmentValues {
    return (this.#active === null ? undefined : this.#known.get(this.#active)) ?? {};
  }

  /** Every environment that can be chosen, by name. */
  list(): readonly { readonly name: string; readonly values: EnvironmentValues }[] {
    const configured = this.#input.configured();
    const names = new Set([
      ...this.#known.keys(),
      ...[configured, this.#active].filter((name) => name !== null),
    ]);
    return [...names].sort().map((name) => ({ name, values: this.#known.get(name) ?? {} }));
  }

  /** Chooses an environment, across restarts. Throws `not_found` for one that is not in `envs.yaml`. */
  async choose(name: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#load();
      const names = this.list().map((environment) => environment.name);
      if (!names.includes(name)) {
        const those = names.length === 0 ? 'there are none' : `there are: ${names.join(', ')}`;
        throw new AxiumError('not_found', `environment '${name}' not found; ${those} (${this.#input.file})`);
      }
      await this.#keep(name);
    });
  }

  /** Takes the choice back, across restarts: what is configured counts. */
  async unchoose(): Promise<void> {
    await this.#inTurn(() => this.#keep(null));
  }

  /** Looks at the files again, since they may have changed. */
  async refresh(): Promise<void> {
    await this.#inTurn(async () => {
      if (await this.#load()) this.#input.onValues();
      this.#settle();
    });
  }

  notes(): readonly string[] {
    return this.#problems.map(
      (problem) => `envs.yaml is not valid now, and what was read before stays: ${formatProblem(problem)}`,
    );
  }

  async #keep(environment: string | null): Promise<void> {
    await this.#choice.write({ environment });
    this.#chosen = environment;
    this.#settle();
  }

  #wanted(): string | null {
    return this.#chosen ?? this.#input.configured();
  }

  #settle(): void {
    const before = this.#active;
    this.#active = this.#wanted();
    if (this.#active !== before) this.#input.onChange(this.#active, before);
  }

  /** True where the values are others than before. */
  async #load(): Promise<boolean> {
    const { powers, file } = this.#input;
    const before = JSON.stringify([...this.#known]);
    try {
      this.#known = await loadEnvironments(powers, file);
      this.#problems = [];
    } catch (error) {
      if (!(error instanceof InvalidFile)) throw error;
      this.#problems = error.problems;
      powers.log.warn(`envs.yaml is not taken; what was read before stays:\n${error.message}`);
    }
    return JSON.stringify([...this.#known]) !== before;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => {});
    return next;
  }
}

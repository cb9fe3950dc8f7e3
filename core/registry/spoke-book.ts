import type { Config } from '../../schemas/config.ts';
import type { RuntimeName } from '../../schemas/manifest.ts';
import { AxiumError } from '../errors.ts';
import { admitSpokes, hostsObjection } from './admit-spokes.ts';
import { ANYBODY, type Discovery, discoverSpokes } from './discover.ts';
import { type HostPolicyState, NO_HOST_POLICY } from './host-policy-file.ts';
import { loadConfig } from './load-config.ts';
import { type LoadedManifest, requireManifest } from './load-manifest.ts';
import { ownersFor, type RegistryPowers } from './owners.ts';
import { formatProblem, InvalidFile } from './problem.ts';
import type { FindExchanged } from './same-directories.ts';

export interface SpokeBookInput {
  readonly powers: RegistryPowers;
  readonly configFile: string;
  readonly roots: readonly string[];
  readonly bundledRoot: string;
  readonly home: string;
  /** Where it finds one, nothing is read anew: all stays as it is. */
  readonly findExchanged?: FindExchanged;
  /** What the host lets run, and what it says of the configuration. */
  readonly host?: () => HostPolicyState;
}

/** The spokes that there are, and the configuration that says which bundled ones are among them. */
export class SpokeBook {
  readonly #input: SpokeBookInput;
  #config: Config;
  /** The versions that count. */
  #spokes = new Map<string, LoadedManifest>();
  /** What the last look found, which is to run. */
  #found: ReadonlyMap<string, LoadedManifest> = new Map();
  #refused: Discovery['refused'] = [];

  private constructor(input: SpokeBookInput, config: Config) {
    this.#input = input;
    this.#config = config;
  }

  /** Reads everything for the first time. Throws InvalidFile where `config.yaml` is broken. */
  static async open(input: SpokeBookInput): Promise<SpokeBook> {
    const book = new SpokeBook(input, await loadConfig(input.powers, input.configFile, input.host?.()));
    await book.refresh();
    return book;
  }

  get config(): Config {
    return this.#config;
  }

  get refused(): Discovery['refused'] {
    return this.#refused;
  }

  /** What is to run, in the order in which it was found. Of each that is to replace another, the other still counts. */
  get found(): readonly LoadedManifest[] {
    return [...this.#found.values()];
  }

  /** Of what is to run, the version under a name. */
  toRun(name: string): LoadedManifest | undefined {
    return this.#found.get(name);
  }

  /** Every directory in which a change can mean another spoke, or another version of one. */
  get directories(): readonly string[] {
    const held = [...this.found, ...this.#spokes.values(), ...this.#refused].map(
      ({ directory }) => directory,
    );
    return [...new Set([...this.#input.roots, ...held])];
  }

  /** The versions that count, in the order in which they were found. */
  list(): readonly LoadedManifest[] {
    return [...this.#spokes.values()];
  }

  get(name: string): LoadedManifest | undefined {
    return this.#spokes.get(name);
  }

  /** What runs the version that is to run under this name; Node where there is none. */
  runtimeOf(name: string): RuntimeName {
    const spoke = this.toRun(name) ?? this.#spokes.get(name);
    return spoke?.manifest.runtime ?? 'node';
  }

  /**
   * Reads the configuration and all manifests again. Throws InvalidFile for a broken `config.yaml`, and where one of our
   * directories was exchanged; all stays then.
   */
  async refresh(): Promise<void> {
    await this.#refuseExchanged();
    const { powers, configFile, host } = this.#input;
    const config = await loadConfig(powers, configFile, host?.());
    await this.#discover(config);
    this.#config = config;
  }

  /** Reads all manifests again, under the configuration as it is. Throws InvalidFile where a directory was exchanged. */
  async refreshSpokes(): Promise<void> {
    await this.#refuseExchanged();
    await this.#discover(this.#config);
  }

  /** From now on this version counts, in the place of the one before. False where it did already, or is gone. */
  take(spoke: LoadedManifest): boolean {
    const { name } = spoke.manifest;
    const counted = this.#spokes.get(name);
    if (counted === undefined || counted === spoke) return false;
    this.#spokes.set(name, spoke);
    return true;
  }

  async #discover(config: Config): Promise<void> {
    const { powers, roots, bundledRoot, home, host } = this.#input;
    const bundled = { root: bundledRoot, enabled: config.spokes.bundled };
    const discovered = await discoverSpokes(powers, { roots, bundled, home }, this.list());
    const { spokes, refused } = await admitSpokes(powers.files, host?.() ?? NO_HOST_POLICY, discovered);
    // One that is to replace another does not count before it has: the rights of what runs are not those of what may not.
    this.#spokes = new Map(
      spokes.map((spoke) => [spoke.manifest.name, this.#spokes.get(spoke.manifest.name) ?? spoke]),
    );
    this.#found = new Map(spokes.map((spoke) => [spoke.manifest.name, spoke]));
    this.#refused = refused;
  }

  /** Reads one spoke's manifest again. Throws `invalid` where it is broken or names another spoke; the old one stays. */
  async refreshOne(name: string): Promise<void> {
    const known = this.#spokes.get(name);
    if (!known) throw new AxiumError('not_found', `spoke '${name}' not found`);
    const { powers, home, host } = this.#input;
    const owners = known.bundled ? ANYBODY : ownersFor(powers);
    const read = await this.#refuseExchanged()
      .then(() => requireManifest(powers, known.directory, home, owners, [known]))
      .catch((error: unknown) => {
        if (error instanceof InvalidFile) throw new AxiumError('invalid', error.message);
        throw error;
      });
    if (read.manifest.name !== name) {
      throw new AxiumError(
        'invalid',
        `${read.file}: expected the name '${name}'; reload the spokes after renaming one`,
      );
    }
    const objection = await hostsObjection(powers.files, host?.() ?? NO_HOST_POLICY, read);
    if (objection !== null) throw new AxiumError('denied', formatProblem(objection));
    // The same object where nothing changed, so that what was made from it stays.
    if (read.text !== known.text || read.module !== known.module)
      this.#spokes.set(name, known.bundled ? { ...read, bundled: true } : read);
  }

  async #refuseExchanged(): Promise<void> {
    const exchanged = await this.#input.findExchanged?.();
    if (exchanged) throw new InvalidFile([exchanged]);
  }
}

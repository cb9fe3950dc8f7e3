import type { Config, Level } from '../schemas/config.ts';

/** What is required of single spokes until the daemon ends, in place of what config.yaml says. */
export class LoweredLevels {
  readonly #levels = new Map<string, Level>();

  set(spoke: string, level: Level): void {
    this.#levels.set(spoke, level);
  }

  /** The configuration as it counts for a spoke. */
  configFor(spoke: string, config: Config['sandbox']): Config['sandbox'] {
    const level = this.#levels.get(spoke);
    if (level === undefined) return config;
    const spokes = { ...config.spokes, [spoke]: { isolation: 'process' as const, require: level } };
    return { ...config, spokes };
  }

  notes(): readonly string[] {
    return [...this.#levels].map(
      ([spoke, level]) => `spoke ${spoke}: '${level}' is enough for it until the daemon ends (spoke confine)`,
    );
  }
}

type Makers = Readonly<Record<string, () => unknown>>;
export type Made<T extends Makers> = { readonly [K in keyof T]: ReturnType<T[K]> };

/**
 * A table of which each entry is made when it is first asked for, and then is there like any other. A schema takes some
 * kilobytes; of a large table a daemon, which runs for days, may use a few entries or none. Its keys are known from the start.
 */
export function onFirstUse<T extends Makers>(makers: T): Made<T> {
  const table = {};
  for (const [name, make] of Object.entries(makers)) {
    const get = () => {
      const value = make();
      Object.defineProperty(table, name, { value });
      return value;
    };
    Object.defineProperty(table, name, { enumerable: true, configurable: true, get });
  }
  return table as Made<T>;
}

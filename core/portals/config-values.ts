export type ConfigValue =
  | null
  | boolean
  | number
  | string
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** Maps are merged key by key; of everything else, lists included, the later one counts. */
export function deepMerge(base: ConfigValue, over: ConfigValue): ConfigValue {
  if (!isMap(base) || !isMap(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, Object.hasOwn(base, key) ? deepMerge(base[key] ?? null, value) : value);
  }
  return Object.fromEntries(merged);
}

/**
 * The values that count in an environment: where there is a `default` section, that one with the section of the active
 * environment merged over it; otherwise all of it.
 */
export function activeValues(value: ConfigValue, environment: string | null): ConfigValue {
  if (!isMap(value) || !isMap(value.default ?? null)) return value;
  const section = environment !== null && Object.hasOwn(value, environment) ? value[environment] : undefined;
  return section === undefined ? (value.default ?? null) : deepMerge(value.default ?? null, section);
}

/**
 * Expands `~` at the start of a text, and `$NAME` and `${NAME}` for names that `variables` has; others stay as written.
 * What a value expands to is not expanded again.
 */
export function expandValues(value: ConfigValue, home: string, variables: Variables): ConfigValue {
  if (typeof value === 'string') return expandText(value, home, variables);
  if (Array.isArray(value)) return value.map((item) => expandValues(item, home, variables));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, expandValues(inner, home, variables)]),
  );
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** The value at a dotted path such as `sso.start_url`, or null. */
export function valueAt(value: ConfigValue, key: string): ConfigValue {
  return key
    .split('.')
    .reduce<ConfigValue>(
      (at, part) => (isMap(at) && Object.hasOwn(at, part) ? (at[part] ?? null) : null),
      value,
    );
}

function expandText(text: string, home: string, variables: Variables): string {
  const expanded = text.replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (whole, braced, bare) => {
    const name = String(braced ?? bare);
    return (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? whole;
  });
  return text === '~' || text.startsWith('~/') ? home + expanded.slice(1) : expanded;
}

function isMap(value: ConfigValue): value is { readonly [key: string]: ConfigValue } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

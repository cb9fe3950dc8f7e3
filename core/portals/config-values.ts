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
 * Expands `~` at the start of a text, `$NAME` and `${NAME}` for names that `variables` has, and `${env.key}` for the keys
 * of the active environment; others stay as written. What a value expands to is not expanded again.
 */
export function expandValues(
  value: ConfigValue,
  home: string,
  variables: Variables,
  environment: Variables = {},
): ConfigValue {
  if (typeof value === 'string') return expandText(value, home, variables, environment);
  if (Array.isArray(value)) return value.map((item) => expandValues(item, home, variables, environment));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, expandValues(inner, home, variables, environment)]),
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

/** `${env.key}`, `${NAME}` or `$NAME`. */
const NAMED = /\$(?:\{env\.([A-Za-z_][\w-]*)\}|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;

function expandText(text: string, home: string, variables: Variables, environment: Variables): string {
  const expanded = text.replace(NAMED, (whole, key, braced, bare) => {
    const [values, name] =
      key === undefined ? [variables, String(braced ?? bare)] : [environment, String(key)];
    return (Object.hasOwn(values, name) ? values[name] : undefined) ?? whole;
  });
  return text === '~' || text.startsWith('~/') ? home + expanded.slice(1) : expanded;
}

function isMap(value: ConfigValue): value is { readonly [key: string]: ConfigValue } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

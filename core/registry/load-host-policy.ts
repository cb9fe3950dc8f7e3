import type { Level } from '../../schemas/config.ts';
import type { Origin } from '../../schemas/decision.ts';
import { type HostPolicyFile, hostPolicySchema, LOCKABLE, type Lockable } from '../../schemas/host-policy.ts';
import { overrideBlockSchema } from '../../schemas/permissions.ts';
import { compileLayer, type Remark } from '../policy/layer.ts';
import { type Bounds, type Locks, PATH_LISTS } from '../policy/policy.ts';
import { validate } from './explain-issue.ts';
import { patternProblems } from './pattern-problems.ts';
import { InvalidFile } from './problem.ts';
import { parseYaml, type YamlDocument } from './yaml-document.ts';

export const MAX_HOST_POLICY_BYTES = 1_048_576;

/** What the host's policy says, compiled. */
export interface HostPolicy {
  readonly strict: boolean;
  /** The least confinement of every spoke; null where nothing is said. */
  readonly require: Level | null;
  /** The only spokes that may run, with the hash of their code where one is given; null where all may. */
  readonly spokes: ReadonlyMap<string, { readonly sha256: string | null; readonly origin: Origin }> | null;
  readonly spokesOrigin: Origin;
  readonly locks: Locks;
  /** Keys of config.yaml whose default counts, and values that count in its place, as they are written. */
  readonly config: { readonly locked: readonly string[]; readonly values: Readonly<Record<string, unknown>> };
  /** By the name of a spoke, or `"*"`. */
  readonly ceilings: ReadonlyMap<string, Bounds>;
  readonly warnings: readonly Remark[];
  readonly text: string;
}

/** Compiles the text of the host's policy. Throws InvalidFile with every problem. Pure but for that. */
export function parseHostPolicy(file: string, text: string, home: string): HostPolicy {
  const document = parseYaml(file, text);
  const checked = validate(document, hostPolicySchema);
  if ('problems' in checked) {
    const { ceilings } = Object(document.value) as { ceilings?: unknown };
    const inCeilings = Object.keys(Object(ceilings)).flatMap((name) =>
      patternProblems(document, ['ceilings', name], overrideBlockSchema, {
        source: 'system',
        expansion: { home },
      }),
    );
    throw new InvalidFile([...checked.problems, ...inCeilings]);
  }
  const { strict, sandbox, spokes, locked, ceilings } = checked.value;
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  const bounds = Object.entries(ceilings).map(([name, block]): [string, Bounds] => {
    const locate = (path: readonly (string | number)[]) => document.locate(['ceilings', name, ...path]);
    // A pattern of root's must not read a user's environment.
    const compiled = compileLayer({ block, source: 'system', locate, expansion: { home } });
    problems.push(...compiled.problems);
    warnings.push(
      ...compiled.warnings.filter(({ message }) => !message.endsWith('opens a whole tree of files')),
    );
    const lists = [...PATH_LISTS, 'privileged' as const].filter((list) => block[list] !== undefined);
    return [
      name,
      { layer: compiled.layer, lists: Object.fromEntries(lists.map((list) => [list, locate([list])])) },
    ];
  });
  if (problems.length > 0) {
    throw new InvalidFile(problems.map(({ origin, message }) => document.problemAt(origin, message)));
  }
  return {
    strict,
    require: sandbox.require ?? null,
    spokes: spokes === undefined ? null : spokesOf(spokes, document),
    spokesOrigin: document.locateKey(['spokes']),
    locks: locksOf(locked, document),
    config: {
      locked: locked.filter((key) => !isLockable(key)),
      // As it is written: the schema has filled in what it does not say.
      values: (document.value as { config?: Readonly<Record<string, unknown>> }).config ?? {},
    },
    ceilings: new Map(bounds),
    warnings,
    text,
  };
}

/**
 * What bounds one spoke. Of what is said of every spoke and of this one by its name, the second counts key by key; what
 * is denied or asked about adds up.
 */
export function boundsFor({ ceilings }: HostPolicy, spoke: string): readonly Bounds[] {
  const [all, own] = [ceilings.get('*'), ceilings.get(spoke)];
  if (all === undefined || own === undefined) return [all ?? own].filter((bounds) => bounds !== undefined);
  return [{ layer: { ...all.layer, ...withoutSaid(all, own) }, lists: exceptOf(all, own) }, own];
}

/** What `"*"` says besides what the spoke's own section says something else about. */
function withoutSaid({ layer }: Bounds, own: Bounds): Partial<Bounds['layer']> {
  const { exec, execProfile, switches } = own.layer;
  const kept = Object.entries(layer.switches).filter(([key]) => !(key in switches));
  return {
    ...(exec && { exec: undefined }),
    ...(execProfile && { execProfile: undefined }),
    switches: Object.fromEntries(kept),
  } as Partial<Bounds['layer']>;
}

function exceptOf(all: Bounds, own: Bounds): Bounds['lists'] {
  return Object.fromEntries(Object.entries(all.lists).filter(([list]) => !(list in own.lists)));
}

function spokesOf(spokes: NonNullable<HostPolicyFile['spokes']>, document: YamlDocument) {
  return new Map(
    spokes.map((one, index) => {
      const origin = document.locate(['spokes', index]);
      const { name, sha256 } = typeof one === 'string' ? { name: one, sha256: null } : one;
      return [name, { sha256: sha256 ?? null, origin }];
    }),
  );
}

function locksOf(locked: readonly string[], document: YamlDocument): Locks {
  const locks = new Map<Lockable, Origin>();
  for (const [index, key] of locked.entries()) {
    if (isLockable(key)) locks.set(key, document.locate(['locked', index]));
  }
  return locks;
}

function isLockable(key: string): key is Lockable {
  return (LOCKABLE as readonly string[]).includes(key);
}

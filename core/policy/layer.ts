import type { Effect, Origin, Rule, RuleSource } from '../../schemas/decision.ts';
import type {
  CommandEntry,
  OverrideBlock,
  PathEntry,
  PermissionBlock,
  PrivilegedEntry,
} from '../../schemas/permissions.ts';
import { compileCommand } from './match-command.ts';
import { compilePath, type Expansion } from './match-path.ts';
import {
  type CommandRule,
  type ExecValue,
  type Layer,
  PATH_LISTS,
  type PathList,
  type PathRule,
  SWITCHES,
} from './policy.ts';

/** How many patterns one spoke may have in one file, braces expanded. */
export const MAX_PATTERNS = 10_000;

/** Where a key of the block is written; the path counts from the block. */
export type Locate = (path: readonly (string | number)[]) => Origin;

export interface LayerInput {
  readonly block: PermissionBlock | OverrideBlock;
  readonly source: Extract<RuleSource, 'base' | 'override' | 'system'>;
  readonly locate: Locate;
  readonly expansion: Expansion;
}

/** Something about an entry that its writer should know, and where it is. */
export interface Remark {
  readonly origin: Origin;
  readonly message: string;
}

export interface CompiledLayer {
  readonly layer: Layer;
  /** Errors: the file cannot be taken. */
  readonly problems: readonly Remark[];
  /** The file is taken, but something in it does nothing, or does much. */
  readonly warnings: readonly Remark[];
}

/** Compiles what one file says of one spoke into rules that know where they are written. Pure. */
export function compileLayer({ block, source, locate, expansion }: LayerInput): CompiledLayer {
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  let patterns = 0;
  const restrictions = {
    deny: 'deny' in block ? block.deny : undefined,
    ask: 'ask' in block ? block.ask : undefined,
  };

  const pathRules = (
    list: PathList,
    entries: readonly PathEntry[] | undefined,
    effect: Effect,
    at: string[],
  ) =>
    (entries ?? []).flatMap((entry, index): PathRule[] => {
      const origin = locate([...at, list, index]);
      const { text, ...terms } = readEntry(entry);
      // A file that names too much is refused below; compiling the rest of it would be work for nothing.
      if (patterns > MAX_PATTERNS) return [];
      const compiled = compilePath(text, expansion);
      if ('ok' in compiled) patterns += compiled.ok.alternatives.length;
      if ('problem' in compiled) problems.push({ origin, message: `${list} '${text}': ${compiled.problem}` });
      if ('dropped' in compiled)
        warnings.push({ origin, message: `${list} '${text}' is left out: ${compiled.dropped}` });
      if (!('ok' in compiled)) return [];
      if (compiled.warning) warnings.push({ origin, message: `${list} '${text}' ${compiled.warning}` });
      if (compiled.ok.blanket && effect === 'allow') {
        warnings.push({ origin, message: `${list} '${text}' opens a whole tree of files` });
      }
      return [
        { rule: { action: list, pattern: text, effect, source, origin, ...terms }, pattern: compiled.ok },
      ];
    });

  const commandRules = (entries: readonly CommandEntry[] | undefined, effect: Effect, at: string[]) =>
    (entries ?? []).flatMap((entry, index): CommandRule[] => {
      const origin = locate([...at, 'exec', index]);
      const { text, ...terms } = readEntry(entry);
      const compiled = compileCommand(text);
      if ('problem' in compiled) problems.push({ origin, message: `exec '${text}': ${compiled.problem}` });
      if (!('ok' in compiled)) return [];
      return [
        { rule: { action: 'exec', pattern: text, effect, source, origin, ...terms }, pattern: compiled.ok },
      ];
    });

  const privilegedRules = (
    entries: readonly PrivilegedEntry[] | undefined,
    effect: Effect | null,
    at: string[],
  ) =>
    (entries ?? []).map((entry, index): Rule => {
      const origin = locate([...at, 'privileged', index]);
      const { text, ...terms } = readEntry(entry);
      const granted = typeof entry === 'object' && entry.ask === false ? 'allow' : 'ask';
      return { action: 'privileged', pattern: text, effect: effect ?? granted, source, origin, ...terms };
    });

  const said = <T>(key: string, value: T) => ({ value, source, origin: locate([key]) });
  const exec: ExecValue | undefined = Array.isArray(block.exec)
    ? commandRules(block.exec, 'allow', [])
    : block.exec;
  const paths = Object.fromEntries(
    PATH_LISTS.map((list) => [
      list,
      [
        ...pathRules(list, block[list], 'allow', []),
        ...pathRules(list, restrictions.deny?.[list], 'deny', ['deny']),
        ...pathRules(list, restrictions.ask?.[list], 'ask', ['ask']),
      ],
    ]),
  ) as unknown as Record<PathList, PathRule[]>;
  if (patterns > MAX_PATTERNS) {
    const message = `expected at most ${MAX_PATTERNS} patterns, braces counted as what they stand for; found more`;
    problems.push({ origin: locate([]), message });
  }
  const layer: Layer = {
    ...(exec === undefined ? {} : { exec: said('exec', exec) }),
    ...(block.exec_profile === undefined ? {} : { execProfile: said('exec_profile', block.exec_profile) }),
    switches: Object.fromEntries(
      SWITCHES.filter((key) => block[key] !== undefined).map((key) => [key, said(key, block[key])]),
    ),
    paths,
    commands: [
      ...commandRules(restrictions.deny?.exec, 'deny', ['deny']),
      ...commandRules(restrictions.ask?.exec, 'ask', ['ask']),
    ],
    privileged: {
      grants: privilegedRules(block.privileged, null, []),
      restrictions: [
        ...privilegedRules(restrictions.deny?.privileged, 'deny', ['deny']),
        ...privilegedRules(restrictions.ask?.privileged, 'ask', ['ask']),
      ],
    },
  };
  return { layer, problems, warnings };
}

type Entry = PathEntry | CommandEntry | PrivilegedEntry;

function readEntry(entry: Entry): { text: string } & Pick<Rule, 'expires' | 'why'> {
  if (typeof entry === 'string') return { text: entry };
  return {
    text: 'path' in entry ? entry.path : 'action' in entry ? entry.action : entry.command,
    ...(entry.expires === undefined ? {} : { expires: Date.parse(entry.expires) }),
    ...(entry.reason === undefined ? {} : { why: entry.reason }),
  };
}

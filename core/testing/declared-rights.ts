import type { Origin, Rule } from '../../schemas/decision.ts';
import type { Layer } from '../policy/policy.ts';
import type { TestedPermission } from './overrides-of.ts';

/** One thing that a manifest asks for. */
export interface DeclaredRight {
  readonly permission: TestedPermission;
  readonly text: string;
  /** `line:column`, by which a decision tells which right it was made by. */
  readonly place: string;
}

/** Everything that a manifest asks for, each entry of a list by itself. */
export function declaredRights({ exec, switches, paths, privileged }: Layer): readonly DeclaredRight[] {
  const ofRule = (permission: TestedPermission, { pattern, origin }: Rule) => ({
    permission,
    text: `${permission}: ${pattern}`,
    place: placeOf(origin),
  });
  const ofSwitch = (permission: TestedPermission, value: unknown, origin: Origin | null) =>
    value === false || origin === null
      ? []
      : [{ permission, text: `${permission}: ${value}`, place: placeOf(origin) }];
  const commands = Array.isArray(exec?.value) ? exec.value : null;
  return [
    ...(commands === null
      ? ofSwitch('exec', exec?.value ?? false, exec?.origin ?? null)
      : commands.map(({ rule }) => ofRule('exec', rule))),
    ...(['notify', 'facts'] as const).flatMap((name) =>
      ofSwitch(name, switches[name]?.value ?? false, switches[name]?.origin ?? null),
    ),
    ...(['fs_read', 'fs_write'] as const).flatMap((name) =>
      paths[name].map(({ rule }) => ofRule(name, rule)),
    ),
    ...privileged.grants.map((rule) => ofRule('privileged', rule)),
  ];
}

function placeOf({ line, column }: Origin): string {
  return `${line}:${column}`;
}

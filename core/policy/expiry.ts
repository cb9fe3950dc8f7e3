import type { Rule } from '../../schemas/decision.ts';
import { PATH_LISTS, type Policy } from './policy.ts';

const known = new WeakMap<Policy, readonly number[]>();

/** The moments at which rules of a policy end, the earliest first, each once. Milliseconds since the epoch. Pure. */
export function expiriesOf(policy: Policy): readonly number[] {
  const found = known.get(policy) ?? sortedExpiries(policy);
  known.set(policy, found);
  return found;
}

/** Whether a rule counts at one of two moments and not at the other, whichever comes first. */
export function expiresBetween(policies: readonly Policy[], one: number, other: number): boolean {
  const [from, to] = one < other ? [one, other] : [other, one];
  return policies.some((policy) => expiriesOf(policy).some((at) => at > from && at <= to));
}

/** The next moment at which a rule ends; null where none does any more. */
export function nextExpiry(policies: readonly Policy[], now: number): number | null {
  const next = policies.flatMap((policy) => expiriesOf(policy).find((at) => at > now) ?? []);
  return next.length === 0 ? null : Math.min(...next);
}

function sortedExpiries({ exec, paths, privileged, restrictions, ceilings }: Policy): readonly number[] {
  const rules: readonly { readonly rule: Rule }[] = [
    ...(typeof exec.value === 'object' ? exec.value : []),
    ...PATH_LISTS.flatMap((list) => [...paths[list], ...restrictions.paths[list]]),
    ...restrictions.commands,
    ...PATH_LISTS.flatMap((list) => ceilings.paths[list].flatMap(({ said }) => said.value)),
    ...ceilings.commands.flatMap(({ value }) => value),
    ...[privileged, restrictions.privileged, ...ceilings.privileged.map(({ value }) => value)].flatMap(
      (names) => names.map((rule) => ({ rule })),
    ),
  ];
  const moments = new Set(rules.flatMap(({ rule }) => rule.expires ?? []));
  return [...moments].sort((a, b) => a - b);
}

import { formatOrigin } from '../../schemas/decision.ts';
import type { Layer } from '../policy/policy.ts';

/**
 * What strict mode takes away from the user's side: every place where an override would have allowed less than the
 * manifest. Strict mode means that only the manifest counts, so these are told of and not applied.
 */
export function droppedRestrictions(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap((layer) => {
    const values = [layer.exec, ...Object.values(layer.switches)].filter((said) => said !== undefined);
    const narrowed = values.filter(({ value }) => value !== true).map(({ origin }) => origin);
    const entries = [...Object.values(layer.paths).flat(), ...layer.commands];
    const restricting = entries.filter(({ rule }) => rule.effect !== 'allow').map(({ rule }) => rule.origin);
    const scoped = layer.execProfile?.value === 'scoped' ? [layer.execProfile.origin] : [];
    return [...narrowed, ...restricting, ...scoped].filter((origin) => origin !== null).map(formatOrigin);
  });
}

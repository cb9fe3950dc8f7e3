import type { z } from 'zod';
import type { OverrideBlock, PermissionBlock } from '../../schemas/permissions.ts';
import { compileLayer, type LayerInput } from '../policy/layer.ts';
import type { Problem } from './problem.ts';
import type { YamlDocument, YamlPath } from './yaml-document.ts';

/**
 * What is wrong with the patterns of a block of a file that cannot be taken for another reason, so that its writer reads of
 * everything at once. A block that has not even the right shape is told of elsewhere.
 */
export function patternProblems(
  document: YamlDocument,
  at: YamlPath,
  schema: z.ZodType<PermissionBlock | OverrideBlock>,
  { source, expansion }: Pick<LayerInput, 'source' | 'expansion'>,
): readonly Problem[] {
  const value = at.reduce<unknown>((inner, part) => Object(inner)[part], document.value);
  const checked = schema.safeParse(value);
  if (!checked.success) return [];
  const locate = (path: YamlPath) => document.locate([...at, ...path]);
  const { problems } = compileLayer({ block: checked.data, source, locate, expansion });
  return problems.map(({ origin, message }) => document.problemAt(origin, message));
}

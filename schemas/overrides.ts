import { z } from 'zod';
import { spokeNameSchema } from './names.ts';
import { overrideBlockSchema } from './permissions.ts';

/** `permissions.yaml`: a section for each spoke, and `"*"` for all of them. At most 1 MiB. An empty file says nothing. */
export const overridesSchema = z.record(
  z.union([z.literal('*'), spokeNameSchema]),
  overrideBlockSchema.describe('What its user changes of what one spoke asks for.'),
);

export type Overrides = z.infer<typeof overridesSchema>;

import { z } from 'zod';
import { EFFECTS } from './decision.ts';
import { spokeNameSchema } from './names.ts';
import { needsResource, resourceOf } from './needs-resource.ts';

/** The actions that `permissions.yaml` decides on, and whether each is about something. */
export const DECIDED_ACTIONS = [
  'notify',
  'exec',
  'fs_read',
  'fs_write',
  'net',
  'facts',
  'privileged',
] as const;
export type DecidedAction = (typeof DECIDED_ACTIONS)[number];

/** One test that a policy carries for itself: what a spoke would be answered. */
export const expectationSchema = z
  .strictObject({
    spoke: spokeNameSchema.describe('Whose rights.'),
    action: z.enum(DECIDED_ACTIONS).describe('What it would ask for.'),
    resource: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        'The path or the command, as the spoke would write it, or the name of an action of root; no pattern.',
      ),
    effect: z.enum(EFFECTS).describe('What has to be decided.'),
  })
  .superRefine(({ action, resource }, context) => {
    if (needsResource(action) === (resource !== undefined)) return;
    const message = needsResource(action)
      ? `expected a resource: ${resourceOf(action)} that is asked for`
      : `expected no resource: ${action} is about nothing else`;
    context.addIssue({ code: 'custom', path: ['resource'], message });
  });

/** The section `expect` of `permissions.yaml`. */
export const expectationsSchema = z.array(expectationSchema).max(1000);

export type Expectation = z.infer<typeof expectationSchema>;

import { z } from 'zod';
import { durationSchema } from './config.ts';
import { commandNameSchema, spokeNameSchema } from './names.ts';
import { permissionBlockSchema } from './permissions.ts';

/** What runs the code of a spoke. */
export const RUNTIMES = ['node', 'python', 'exec'] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** The events that can start a spoke; what each means is told at EventHandlers of the API. */
export const TRIGGER_EVENTS = [
  'env_change',
  'config_changed',
  'permissions_changed',
  'spoke_loaded',
] as const;
export type TriggerEvent = (typeof TRIGGER_EVENTS)[number];

const between = (least: string, most: string) => {
  const [from, to] = [durationSchema.parse(least), durationSchema.parse(most)];
  return durationSchema.refine((ms) => ms >= from && ms <= to, `expected from ${least} to ${most}`);
};

const triggersSchema = z.strictObject({
  commands: z
    .array(commandNameSchema)
    .max(64)
    .default([])
    .describe('Commands of the spoke, called by a person as axium <spoke> <command>.'),
  events: z.array(z.enum(TRIGGER_EVENTS)).default([]).describe('What the daemon would tell it of.'),
  every: between('10s', '366d')
    .optional()
    .describe('When the daemon finds it, and then so often: 10s to 366d.'),
  at: z
    .array(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "expected a time of day like '07:30'"))
    .max(24)
    .default([])
    .describe("Times of the day, by the user's clock."),
});

interface Entrypoint {
  readonly shape: RegExp;
  readonly error: string;
}

/** What an entrypoint looks like, and how to say so: a module and its function, or for `exec` the program alone. */
const ENTRYPOINTS: Readonly<Record<'function' | 'program', Entrypoint>> = {
  function: {
    shape: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*:[A-Za-z_$][\w$]*$/,
    error: "expected 'module:function', like main:register",
  },
  program: {
    shape: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
    error:
      "expected the path of a program in the spoke's directory, like bin/watch, since its runtime is exec",
  },
};

/** `spoke.yaml`, the file that makes a directory a spoke. At most 64 KiB. */
export const manifestSchema = z
  .strictObject({
    name: spokeNameSchema.describe('The spoke as an identity.').meta({ examples: ['weather'] }),
    version: z.string().min(1).max(64).default('0.0.0').describe('The version, as its author counts.'),
    description: z.string().max(500).optional().describe('One line for people.'),
    runtime: z
      .enum(RUNTIMES)
      .default('node')
      .describe('What runs the code: Node, Python 3, or the program itself.'),
    entrypoint: z
      .string()
      .max(200)
      .describe('Module and function to call, like main:register; for the runtime exec the program to start.')
      .meta({ examples: ['main:register'] }),
    api: z
      .literal(1, { error: 'expected 1; this Axium speaks no other version' })
      .optional()
      .describe('The version of the interface that it is written for.'),
    activation: z
      .enum(['always', 'on-demand'])
      .default('always')
      .describe('Whether its process is always there, or started by its triggers and stopped when idle.'),
    triggers: triggersSchema.prefault({}).describe('What starts it, where it runs on demand.'),
    idle: between('1s', '1h')
      .prefault('30s')
      .describe('Where it runs on demand: it is stopped when it had nothing to do for so long, 1s to 1h.'),
    permissions: permissionBlockSchema.default({}).describe('What the spoke asks for. Absent: nothing.'),
  })
  .refine((value) => entrypointOf(value).shape.test(value.entrypoint), {
    path: ['entrypoint'],
    error: ({ input }) => entrypointOf(input).error,
    // Beside whatever else is wrong, so that its author reads of everything at once.
    when: ({ value }) => typeof Object(value).entrypoint === 'string',
  })
  .refine((value) => value.activation === 'always' || hasTriggers(value), {
    path: ['activation'],
    error: 'nothing would start it; add what does under triggers: commands, events, every or at',
  })
  .refine((value) => value.activation === 'on-demand' || !hasTriggers(value), {
    path: ['triggers'],
    error: "only what runs on demand is started by them; add 'activation: on-demand'",
  });

function hasTriggers({ triggers: { commands, events, every, at } }: TriggersOf): boolean {
  return commands.length + events.length + at.length > 0 || every !== undefined;
}

interface TriggersOf {
  readonly triggers: z.output<typeof triggersSchema>;
}

function entrypointOf(manifest: unknown): Entrypoint {
  return ENTRYPOINTS[Object(manifest).runtime === 'exec' ? 'program' : 'function'];
}

export type Manifest = z.infer<typeof manifestSchema>;

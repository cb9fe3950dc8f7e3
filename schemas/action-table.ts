import { z } from 'zod';
import { durationSchema } from './config.ts';
import { actionNameSchema } from './executor.ts';

/** A word that can stand in an argv and be read by no program as an option, nor by anybody as two words. */
const plainWord = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9_/@%+=:,.][A-Za-z0-9_/@%+=:,.-]*$/, 'expected a word of plain characters');
const absolutePath = z
  .string()
  .max(4096)
  .regex(/^(?:\/[A-Za-z0-9_@%+=:,.-]+)+$/, 'expected an absolute path of plain characters')
  .refine((path) => !/\/\.\.?(?:\/|$)/.test(path), { error: 'expected a path without . and ..' });

const parameterSchema = z.discriminatedUnion('type', [
  z
    .strictObject({ type: z.literal('choice'), of: z.array(plainWord).min(1).max(256) })
    .describe('One of these words.'),
  z
    .strictObject({ type: z.literal('integer'), min: z.int(), max: z.int() })
    .refine(({ min, max }) => min <= max, { error: 'expected min to be at most max' })
    .describe('A whole number.'),
  z
    .strictObject({
      type: z.literal('name'),
      max: z.int().min(1).max(128).default(64),
      except: z.array(z.string()).default([]),
    })
    .describe('Letters, digits and _ . @ : -, not beginning with one of the last four.'),
  z
    .strictObject({ type: z.literal('process'), root: z.array(absolutePath).default([]) })
    .describe("A process by number and start; never the first one, of root's only these programs."),
]);
export type ParameterSpec = z.output<typeof parameterSchema>;

const CAPABILITIES = [
  'CAP_KILL',
  'CAP_SYS_NICE',
  'CAP_NET_ADMIN',
  'CAP_SYS_ADMIN',
  'CAP_DAC_OVERRIDE',
  'CAP_CHOWN',
  'CAP_FOWNER',
  'CAP_SETUID',
  'CAP_SETGID',
] as const;

/** What an action needs of the system that the executor's unit withholds: from this a drop-in is made. */
const needsSchema = z.strictObject({
  capabilities: z.array(z.enum(CAPABILITIES)).default([]),
  families: z.array(z.enum(['AF_NETLINK', 'AF_INET', 'AF_INET6'])).default([]),
  writes: z.array(absolutePath).default([]),
  tunables: z.boolean().default(false).describe('Settings of the kernel in /proc/sys and /sys.'),
  unconfined: z.boolean().default(false).describe('As much as root has, as for a rebuild of the system.'),
});

const PLACEHOLDER = /^\{([a-z][a-z0-9_]*)\}$/;

const actionSchema = z
  .strictObject({
    description: z.string().min(1).max(200),
    enabled: z.boolean().default(true),
    requires: absolutePath.optional().describe('The action is there only where this is.'),
    parameters: z.record(actionNameSchema, parameterSchema).default({}),
    argv: z
      .array(z.string().min(1).max(4096))
      .min(1)
      .max(32)
      .describe('The words that run. A word that is {name} is filled with that parameter, whole.'),
    signal: z
      .enum(['HUP', 'INT', 'TERM', 'KILL'])
      .optional()
      .describe('The executor sends this itself, to just the process that was looked at; argv is only said.'),
    tier: z.enum(['operator', 'admin']),
    dangerous: z.boolean().default(false),
    polkit: z.boolean().default(false).describe('polkit has to consent as well, whoever asks.'),
    rate: z.strictObject({
      each: z.int().min(1).max(1000).describe('How often one uid may ask.'),
      all: z.int().min(1).max(10_000).describe('How often all of them together may.'),
      per: durationSchema,
    }),
    timeout: durationSchema.prefault('60s'),
    output: z.int().min(0).max(1_048_576).default(65_536).describe('Bytes of each stream.'),
    environment: z
      .record(
        z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'expected the name of a variable'),
        z
          .string()
          .max(4096)
          .regex(/^[^\0]*$/, 'expected text without a NUL'),
      )
      .default({}),
    needs: needsSchema.prefault({}),
  })
  .superRefine(({ argv, parameters, signal, timeout }, context) => {
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    argv.forEach((word, index) => {
      const name = PLACEHOLDER.exec(word)?.[1];
      if (index === 0 && !absolutePath.safeParse(word).success)
        refuse(['argv', 0], 'expected an absolute path of plain characters as the program');
      if (name !== undefined && !Object.hasOwn(parameters, name))
        refuse(['argv', index], `there is no parameter '${name}'`);
      if (name === undefined && /[{}\u0000-\u001f\u007f]/.test(word))
        refuse(['argv', index], 'expected a plain word, or one parameter in braces as the whole word');
    });
    for (const name of Object.keys(parameters))
      if (!argv.includes(`{${name}}`)) refuse(['parameters', name], 'argv has no word that it fills');
    const processes = Object.values(parameters).filter(({ type }) => type === 'process').length;
    if (processes > 1) refuse(['parameters'], 'expected at most one process');
    if (signal !== undefined && processes !== 1) refuse(['signal'], 'expected a parameter that is a process');
    if (timeout > 900_000) refuse(['timeout'], 'expected at most 15m');
  });

/** `/etc/axium/actions.yaml`: all that the root executor can do. At most 64 KiB. */
export const actionTableSchema = z.strictObject({
  version: z.literal(1),
  actions: z.record(actionNameSchema, actionSchema),
});

export const MAX_TABLE_BYTES = 65_536;
export type ActionTable = z.output<typeof actionTableSchema>;
export type ActionSpec = ActionTable['actions'][string];

/** The name of the parameter that fills a word of argv, or null for a word that stays as it is. */
export function placeholderIn(word: string): string | null {
  return PLACEHOLDER.exec(word)?.[1] ?? null;
}

import { z } from 'zod';
import { DURATION, millisecondsOf } from './duration.ts';
import { EXECUTOR } from './executor.ts';
import { spokeNameSchema } from './names.ts';

/** A length of time as people write it: 90s, 5m, 2h. Parsed to milliseconds. */
export const durationSchema = z
  .string()
  .regex(DURATION, 'expected a number with ms, s, m, h or d, like 90s or 5m')
  .transform(millisecondsOf);

/** How a spoke's process is confined, from the strongest to nothing. */
export const LEVELS = ['strong', 'kernel', 'seatbelt', 'none'] as const;
export type Level = (typeof LEVELS)[number];
const levelSchema = z.enum(LEVELS);

const spokeSandboxSchema = z
  .strictObject({
    require: levelSchema.optional().describe('The least confinement with which this spoke may run.'),
    isolation: z
      .enum(['process', 'worker'])
      .default('process')
      .describe('worker: as a thread of the daemon, which is no confinement, whatever is required.'),
  })
  .describe('How this spoke is run.');

/** What decides; see the policies of the same names. */
export const POLICY_NAMES = ['default', 'deny-all', 'strict'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

const commandPattern = z
  .string()
  .max(1024)
  .regex(
    /^(?:\/[^\s*]+|[^\s/*-][^\s/*]*)(?: (?!\.\.\.(?: |$))[^\s\p{C}]+)*(?: \.\.\.)?$/u,
    'expected a command, like git log ...',
  );
const plainWords = z
  .string()
  .max(1024)
  .regex(/^[^\s/*-][^\s/*]*(?: [^\s\p{C}]+)*$/u, 'expected the name of a program and words, like rm -rf');

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable');

/** `config.yaml`: how the daemon of this user behaves. At most 64 KiB. Every key is optional, and so is the file. */
export const configSchema = z.strictObject({
  spokes: z
    .strictObject({
      bundled: z.array(spokeNameSchema).default([]).describe('Bundled spokes to run, by name.'),
    })
    .prefault({})
    .describe('Which of the bundled spokes run.'),
  environment: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected letters, digits, _ or -')
    .optional()
    .describe('The active environment: which section of a configuration counts beside its default.'),
  exec: z
    .strictObject({
      path: z
        .array(z.string().regex(/^\/[^:\0]*$/, 'expected an absolute directory'))
        .optional()
        .describe('Where commands are looked up. The PATH of the daemon itself is never used.'),
      env: z
        .array(variableName)
        .default([])
        .describe("Variables of the daemon's environment to hand to commands."),
      namespaces: z
        .array(spokeNameSchema)
        .default([])
        .describe("Spokes whose commands may make namespaces of their own, and so change Axium's own files."),
      timeout: durationSchema.prefault('5m').describe('A command that takes longer is ended.'),
    })
    .prefault({})
    .describe('How commands of spokes are run.'),
  socket: z
    .strictObject({
      mode: z
        .union([z.enum(['0600', '0660', '0666']), z.literal([600, 660, 666])])
        .transform((mode) => Number.parseInt(String(mode), 8))
        .optional()
        .describe('Who can connect: 0600 its user, 0660 its group too, 0666 everybody.'),
      group: z
        .string()
        .regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,63}$/, 'expected the name or the number of a group')
        .optional()
        .describe('The group of the socket and of its directory.'),
    })
    .prefault({})
    .describe('Who can connect to the daemon.'),
  sandbox: z
    .strictObject({
      require: levelSchema.default('kernel').describe('The least confinement with which a spoke may run.'),
      spokes: z
        .record(spokeNameSchema, spokeSandboxSchema)
        .default({})
        .describe('Exceptions for single spokes, which you make at your own risk.'),
      skip: z
        .array(z.enum(['strong', 'kernel', 'seatbelt']))
        .default([])
        .describe('Levels not to try, where one of them makes trouble on this host.'),
      memory: z
        .int()
        .min(16)
        .max(65_536)
        .default(256)
        .describe('MiB that a spoke may take beyond what Node has before the spoke begins.'),
      busy: durationSchema
        .prefault('60s')
        .describe('A spoke that keeps a processor busy for this long without a pause is ended.'),
      warm: z
        .boolean()
        .default(true)
        .describe(
          'Whether a confined process is started ahead, in which the next small spoke is ready sooner.',
        ),
    })
    .prefault({})
    .describe('How spokes are confined.'),
  audit: z
    .strictObject({
      piece: z
        .int()
        .min(1)
        .max(1024)
        .default(16)
        .describe('MiB after which a piece of audit.jsonl is finished and the next one begun.'),
      keep: durationSchema.prefault('90d').describe('How long a finished piece is kept.'),
      size: z
        .int()
        .min(1)
        .max(1_048_576)
        .default(512)
        .describe('MiB that all pieces of both logs may have; the oldest go first.'),
    })
    .prefault({})
    .describe('How much of both logs is kept.'),
  policy: z
    .enum(POLICY_NAMES)
    .default('default')
    .describe('What decides: default, deny-all, or strict, which asks nobody.'),
  people: z
    .strictObject({
      allow: z
        .array(commandPattern)
        .default([])
        .describe('Commands that a person may run by axium exec without being asked.'),
      deny: z.array(commandPattern).default([]).describe('Commands that nobody may run by it.'),
      destructive: z
        .array(plainWords)
        .default([
          // The options of rm have two or three names each.
          ...['rm -rf', 'rm -Rf', 'rm -r --force', 'rm -R --force', 'rm --recursive -f'],
          ...['rm --recursive --force', 'git reset --hard', 'git push --force', 'git push -f'],
        ])
        .describe(
          'Commands that people.allow does not cover, nor a lasting grant that was not given for them.',
        ),
    })
    .prefault({})
    .describe('What persons may run by axium exec.'),
  elevation: z
    .strictObject({
      auth: z
        .enum(['self', 'root'])
        .default('self')
        .describe('Who can elevate a session: an admin in it, or root alone, as by sudo axium elevate.'),
      limit: durationSchema.prefault('1h').describe('How long an elevation may be at most.'),
    })
    .prefault({})
    .describe('Sessions of persons that may do more for a while.'),
  approvals: z
    .strictObject({
      expire: durationSchema.prefault('5m').describe('A question that nobody answers for so long is denied.'),
      two_person: z
        .boolean()
        .default(false)
        .describe('The command of a person is for another uid to confirm.'),
      desktop: z.boolean().default(true).describe('Questions are shown on the desktop, where there is one.'),
    })
    .prefault({})
    .describe('Questions to a person.'),
  grants: z
    .strictObject({
      limit: durationSchema.prefault('24h').describe('How long a timed grant may be at most.'),
    })
    .prefault({})
    .describe('What a person has said yes to.'),
  executor: z
    .strictObject({
      socket: z
        .string()
        .regex(/^\/[^\0]*$/, 'expected an absolute path')
        .default(EXECUTOR.socket)
        .describe('Where the root executor listens.'),
      table: z
        .string()
        .regex(/^\/[^\0]*$/, 'expected an absolute path')
        .default(EXECUTOR.table)
        .describe('Its table of actions.'),
      fallback: z
        .enum(['none', 'sudo'])
        .default('none')
        .describe('What is tried where there is no executor: nothing, or sudo by its own rules.'),
    })
    .prefault({})
    .describe('The root executor.'),
  consent: z
    .strictObject({
      first: z
        .enum(['accept', 'ask'])
        .default('accept')
        .describe(
          'Whether what a spoke declares counts when it is found for the first time, or after a review.',
        ),
    })
    .prefault({})
    .describe('What becomes of what a spoke declares.'),
  hud: z
    .strictObject({
      tmux: z
        .union([z.boolean(), z.string().regex(/^\/[^\0]*$/, 'expected true, false or the path of a socket')])
        .default(false)
        .describe('Show the HUD in a tmux that runs: yours, or the one with this socket.'),
    })
    .prefault({})
    .describe('Where the HUD is shown.'),
  storage: z
    .strictObject({
      quota: z.int().min(0).max(1_073_741_824).default(10_485_760).describe('Bytes that a spoke may store.'),
    })
    .prefault({})
    .describe('What spokes may store.'),
});

export type Config = z.output<typeof configSchema>;

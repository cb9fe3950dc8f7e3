import { z } from 'zod';

/** The name of an environment. `default` is a section of every configuration, and so no name of one. */
export const environmentNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected up to 64 letters, digits, _ or -')
  .refine((name) => name !== 'default', {
    error: "'default' is the section that always counts; choose another name",
  });

const keySchema = z
  .string()
  .regex(
    /^[A-Za-z_][\w-]{0,63}$/,
    'expected a letter or _, then up to 63 letters, digits, _ or -, like region',
  );

/** `envs.yaml`: the environments there are, each with the values that `${env.key}` stands for. At most 64 KiB. */
export const environmentsSchema = z.record(
  environmentNameSchema,
  z.record(keySchema, z.union([z.string().max(4096), z.number(), z.boolean()])).nullable(),
);

/** The values of one environment, as the texts that they stand for. */
export type EnvironmentValues = Readonly<Record<string, string>>;

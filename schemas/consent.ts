import { z } from 'zod';

const entry = z.strictObject({
  pattern: z.string(),
  /** Milliseconds since the epoch, or null for an entry that stays. */
  expires: z.number().nullable(),
});

/** What a spoke declares, as plain data: what its user consented to is remembered in this form. */
export const declaredRightsSchema = z.strictObject({
  exec: z.union([z.boolean(), z.literal('ask'), z.array(entry)]),
  exec_profile: z.enum(['host', 'scoped']),
  notify: z.boolean(),
  net: z.boolean(),
  facts: z.boolean(),
  privileged: z.array(entry),
  fs_read: z.array(entry),
  fs_write: z.array(entry),
});

export type DeclaredRights = z.infer<typeof declaredRightsSchema>;
export type DeclaredEntry = z.infer<typeof entry>;

/** What a user consents to who consents to nothing. */
export const NO_RIGHTS_DECLARED: DeclaredRights = {
  exec: false,
  exec_profile: 'scoped',
  notify: false,
  net: false,
  facts: false,
  privileged: [],
  fs_read: [],
  fs_write: [],
};

/** What one spoke asks for beside what its user consented to. */
export interface Review {
  readonly spoke: string;
  readonly version: string;
  readonly directory: string;
  /** As in the files, with the place: `fs_read: ~/notes/* (/home/ada/.config/axium/spokes/todo/spoke.yaml:7:14)`. */
  readonly waiting: readonly string[];
  /** What it has consent for and no longer asks for. */
  readonly dropped: readonly string[];
  /** The hash of the code as it is now, null where it could not be told. A host's policy can name it. */
  readonly code: string | null;
  /** Whether the code is another one than when its user consented; null where that is not known. */
  readonly code_changed: boolean | null;
  /** When its user consented last, ISO 8601, or null where they never did. */
  readonly consented: string | null;
  /** Names exactly this declaration and this code: what is accepted is what was shown. */
  readonly offer: string;
}

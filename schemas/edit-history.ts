import { z } from 'zod';

const entrySchema = z.strictObject({
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
  /** The command that made the change. */
  what: z.string(),
  /** The text before the change; null where there was no file. */
  before: z.string().nullable(),
  /** Hex SHA-256 of the text after it. */
  after: z.string().length(64),
});

/** What `axium perms undo` goes back by: the changes that commands made to permissions.yaml, the newest last. */
export const editHistorySchema = z.strictObject({ v: z.literal(1), entries: z.array(entrySchema) });

export type EditHistory = z.infer<typeof editHistorySchema>;
export type HistoryEntry = z.infer<typeof entrySchema>;

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Audit } from '../../core/audit/audit.ts';
import { type Verdict, verifyChain } from '../../core/audit/chain.ts';
import { type AuditRecord, auditRecordSchema } from '../../schemas/audit.ts';
import { createPowers } from './powers.ts';
import { createRecordingFiles, type RecordingFiles } from './recording-files.ts';

export const logsIn = (directory: string) => ({
  journal: join(directory, 'audit.jsonl'),
  security: join(directory, 'security.log'),
});

/** An audit log in a directory, on files that tell what was written to them. */
export function openAudit(directory: string): RecordingFiles & { readonly audit: Audit } {
  const recording = createRecordingFiles();
  const audit = new Audit(createPowers({ filesNow: recording.files }), logsIn(directory));
  return { ...recording, audit };
}

/** The lines of a file; the text after its last newline is thrown at whoever expected none. */
export function readLines(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const rest = lines.pop();
  if (rest !== '') throw new Error(`${file} ends in half a line: ${rest}`);
  return lines;
}

/** The records of a journal, each checked against its schema. */
export function readRecords(directory: string): AuditRecord[] {
  return readLines(logsIn(directory).journal).map((line) => auditRecordSchema.parse(JSON.parse(line)));
}

export function verifyLines(lines: readonly string[]): Promise<Verdict> {
  return verifyChain(
    (async function* () {
      yield* lines;
    })(),
  );
}

export const verifyJournal = (directory: string) => verifyLines(readLines(logsIn(directory).journal));

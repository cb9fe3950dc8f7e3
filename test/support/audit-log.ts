import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Audit } from '../../core/audit/audit.ts';
import { type LogLine, verifyChain } from '../../core/audit/verify-chain.ts';
import { type AuditRecord, auditRecordSchema, type ChainHead, type Verdict } from '../../schemas/audit.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';
import { createPowers } from './powers.ts';
import { createRecordingFiles, type RecordingFiles } from './recording-files.ts';

export const logsIn = (directory: string) => ({
  journal: join(directory, 'audit.jsonl'),
  security: join(directory, 'security.log'),
});

export interface OpenAudit extends RecordingFiles {
  readonly audit: Audit;
  readonly clock: HandClock;
  /** What it told of not being able to write, and null for being able again. */
  readonly troubles: (string | null)[];
}

/** An audit log in a directory, on files that tell what was written to them. */
export function openAudit(directory: string, pieceBytes = Number.POSITIVE_INFINITY): OpenAudit {
  const recording = createRecordingFiles();
  const troubles: (string | null)[] = [];
  const clock = createHandClock();
  const audit = new Audit(createPowers({ filesNow: recording.files, clock }), {
    ...logsIn(directory),
    pieceBytes: () => pieceBytes,
    onPiece: () => {},
    onTrouble: (reason) => troubles.push(reason),
  });
  return { ...recording, audit, clock, troubles };
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

export function verifyLines(lines: readonly string[], kept: ChainHead | null = null): Promise<Verdict> {
  return verifyChain(numbered(lines), kept);
}

async function* numbered(lines: readonly string[]): AsyncGenerator<LogLine> {
  for (const [index, text] of lines.entries()) yield { file: 'audit.jsonl', number: index + 1, text };
}

export const verifyJournal = (directory: string) => verifyLines(readLines(logsIn(directory).journal));

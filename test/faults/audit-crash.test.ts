import { readdirSync, readFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Audit } from '../../core/audit/audit.ts';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import { finishedPieces } from '../../schemas/audit-pieces.ts';
import { buildDecision, buildOutcome } from '../support/audit-entries.ts';
import { logsIn } from '../support/audit-log.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { CUTS, createDyingDisk, type FaultyDisk } from './support/faulty-disk.ts';

/** Small, so that the run finishes several pieces. */
const PIECE_BYTES = 1200;

function openAudit(directory: string, disk: Pick<FaultyDisk, 'filesNow'>): Audit {
  return new Audit(createPowers(disk), {
    ...logsIn(directory),
    pieceBytes: () => PIECE_BYTES,
    onPiece: () => {},
    onTrouble: () => {},
  });
}

const decision = (audit: Audit, request: string) =>
  audit.decision(buildDecision({ request, action: 'exec', resource: request }), {
    spoke: 'creds',
    detail: request,
  });

/** A life of the log; `recorded` holds what was told to be on record. */
async function live(disk: FaultyDisk, directory: string, recorded: string[], isDead: () => boolean) {
  const audit = openAudit(directory, disk);
  const note = async (request: string) => {
    const told = await decision(audit, request).then(
      () => true,
      () => false,
    );
    if (told && !isDead()) recorded.push(request);
  };
  try {
    for (let n = 0; n < 4; n += 1) await note(`one ${n}`);
    await Promise.all(['a', 'b', 'c'].map((name) => note(`together ${name}`)));
    await audit.outcome(buildOutcome()).catch(() => {});
    audit.rotate();
    for (let n = 0; n < 4; n += 1) await note(`two ${n}`);
  } finally {
    audit.close();
  }
}

/** Every line of the security log, of all pieces. */
function securityText(directory: string): string {
  const names = [...finishedPieces('security.log', readdirSync(directory)).map(({ name }) => name)];
  return [...names, 'security.log'].map((name) => readFileSync(`${directory}/${name}`, 'utf8')).join('');
}

async function requestsIn(directory: string): Promise<readonly string[]> {
  const requests: string[] = [];
  for await (const { text } of readLog(files, logsIn(directory).journal)) {
    const { type, request } = JSON.parse(text) as { type: string; request?: string };
    if (type === 'decision') requests.push(request ?? '');
  }
  return requests;
}

test('a run without a crash goes past every kind of operation', async () => {
  const directory = makeTemporaryDirectory();
  const disk = createDyingDisk(Number.POSITIVE_INFINITY, 'all');
  const recorded: string[] = [];
  await live(disk, directory, recorded, disk.isDead);
  expect(recorded).toHaveLength(11);
  expect(new Set(disk.operations.map((operation) => operation.split(' ')[0]))).toEqual(
    new Set(['make', 'write', 'rename']),
  );
  expect(finishedPieces('audit.jsonl', readdirSync(directory)).length).toBeGreaterThan(2);
});

test.each(CUTS)(
  'wherever the daemon dies (%s of the operation done), every record that was told of is in both logs, once, and the chain goes on',
  async (done) => {
    for (let n = 1; ; n += 1) {
      const directory = makeTemporaryDirectory();
      const disk = createDyingDisk(n, done);
      const recorded: string[] = [];
      await live(disk, directory, recorded, disk.isDead).catch((error: unknown) => {
        if (!disk.isDead()) throw error;
      });
      if (!disk.isDead()) {
        expect(n).toBeGreaterThan(20);
        return;
      }
      const where = `operation ${n}: ${disk.operations[n - 1]}`;
      const next = openAudit(directory, createPowers());
      for (let after = 0; after < 4; after += 1) await decision(next, `after ${after}`);
      expect([where, next.trouble]).toEqual([where, null]);
      next.close();
      const verdict = await verifyChain(readLog(files, logsIn(directory).journal));
      expect([where, verdict]).toEqual([where, expect.objectContaining({ ok: true, begins: 0 })]);
      const requests = await requestsIn(directory);
      expect([where, requests.length]).toEqual([where, new Set(requests).size]);
      expect(requests).toEqual(expect.arrayContaining(recorded));
      const lines = securityText(directory);
      expect([where, recorded.filter((request) => !lines.includes(` detail=${request} `))]).toEqual([
        where,
        [],
      ]);
    }
  },
);

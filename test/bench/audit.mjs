// The two logs with their chain, beside writing the same bytes in the same batches.
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { atMost, built, interleave, inUs, median, ratioOf } from './support/figure.mjs';

const BATCH = 64;
const BATCHES = 20;
/** Before any is counted: all is compiled then, as in a daemon that runs for days. */
const WARM = 1500;

const allowed = {
  effect: 'allow',
  reason: 'every spoke may',
  rule: {
    action: 'hud',
    pattern: '*',
    effect: 'allow',
    source: 'system',
    origin: { file: 'built in', line: 0, column: 0 },
  },
  source: 'system',
  viaOverride: false,
};
const subject = { spoke: 'bench', instance: 'bench#0badcafe-1', level: 'strong' };
/** @param {number} at */
const decided = (at) => ({
  subject,
  request: `0badcafe-${at}`,
  command: 'hud_segment_value',
  action: 'hud',
  resource: null,
  target: null,
  decision: allowed,
  policy: '0123456789abcdef',
});
const outcome = { ok: true, code: null, duration_ms: 0.123 };

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ rounds }) {
  const { Audit } = await built('audit/audit');
  const { nodePowers } = await built('node-powers');
  const powers = nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
  const directory = await mkdtemp(`${tmpdir()}/axium-bench-`);
  const journal = `${directory}/audit.jsonl`;
  const security = `${directory}/security.log`;
  const audit = new Audit(powers, {
    ...{ journal, security, pieceBytes: () => 1e9, onPiece: () => {} },
    onTrouble: (/** @type {unknown} */ why) => {
      if (why !== null) throw new Error(String(why));
    },
  });
  const raw = [fs.openSync(`${directory}/a`, 'a'), fs.openSync(`${directory}/b`, 'a')];
  try {
    let at = 0;
    /** Decisions with their outcomes, as the broker records what is done in memory. */
    const batch = () => {
      let written = 0;
      const told = (/** @type {unknown} */ error) => {
        if (error === null) written += 1;
      };
      for (let one = 0; one < BATCH; one += 1) {
        at += 1;
        audit.plainDecision(decided(at), outcome, told);
      }
      audit.flush();
      if (written !== BATCH) throw new Error(`${BATCH} decisions, and ${written} of them recorded`);
    };
    batch();
    const sizes = [fs.statSync(journal).size, fs.statSync(security).size];
    const bytes = sizes.map((size) => Buffer.alloc(size, 120));
    const each = (/** @type {number} */ began) => ((performance.now() - began) * 1000) / (BATCH * BATCHES);
    for (let one = 0; one < WARM; one += 1) batch();
    const taken = await interleave(rounds, {
      raw: () => {
        const began = performance.now();
        for (let one = 0; one < BATCHES; one += 1) {
          raw.forEach((fd, log) => {
            fs.writeSync(fd, /** @type {Buffer} */ (bytes[log]));
          });
        }
        return each(began);
      },
      own: () => {
        const began = performance.now();
        for (let one = 0; one < BATCHES; one += 1) batch();
        return each(began);
      },
    });
    return [
      atMost(
        'audit with its chain at 64 in flight, to the same bytes raw in the same batches',
        ratioOf(taken.own, taken.raw),
        2,
        `${inUs(median(taken.own))} to ${inUs(median(taken.raw))} a request`,
      ),
    ];
  } finally {
    audit.close();
    for (const fd of raw) fs.closeSync(fd);
    await rm(directory, { recursive: true });
  }
}

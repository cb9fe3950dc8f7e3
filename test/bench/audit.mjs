// The two logs with their chain, beside writing the same bytes in the same batches.
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { atMost, built, interleave, inUs, median, ratioOf } from './support/figure.mjs';

const BATCH = 64;
const BATCHES = 20;

/** @param {number} at */
const decision = (at) => ({
  type: 'decision',
  request: `0badcafe-${at}`,
  principal: 'spoke:bench',
  subject: 'bench#0badcafe-1',
  level: 'strong',
  command: 'hud_segment_value',
  action: 'hud',
  resource: null,
  target: null,
  effect: 'allow',
  reason: 'every spoke may',
  rule: { pattern: '*', effect: 'allow', source: 'system', origin: 'built in' },
  via_override: false,
  policy: '0123456789abcdef',
});
/** @param {number} at */
const outcome = (at) => ({
  type: 'outcome',
  request: `0badcafe-${at}`,
  ok: true,
  code: null,
  duration_ms: 0.123,
});

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
    /** Decisions and the outcomes of the batch before, as a busy daemon writes them. */
    const batch = () => {
      const written = [];
      for (let one = 0; one < BATCH; one += 1) {
        at += 1;
        written.push(
          audit.decision(decision(at), { spoke: 'bench', detail: null }),
          audit.outcome(outcome(at)),
        );
      }
      audit.flush();
      return Promise.all(written);
    };
    await batch();
    const sizes = [fs.statSync(journal).size, fs.statSync(security).size];
    const bytes = sizes.map((size) => Buffer.alloc(size, 120));
    const each = (/** @type {number} */ began) => ((performance.now() - began) * 1000) / (BATCH * BATCHES);
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
      own: async () => {
        const began = performance.now();
        for (let one = 0; one < BATCHES; one += 1) await batch();
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

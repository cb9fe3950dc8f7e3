import { expect, it } from 'vitest';
import type { Confinement } from '../scenarios/support/levels.ts';
import { describeConfinement, HOLDING, PLAIN } from '../scenarios/support/levels.ts';
import { lookAround } from '../scenarios/support/look-around.ts';

/** What honest spokes do all day. Each entry returns true where it did what it should. */
const LOOK = `
  import { createHash, randomBytes, scryptSync, webcrypto } from 'node:crypto';
  import fs from 'node:fs';
  import os from 'node:os';
  import path from 'node:path';
  import { setTimeout as delay } from 'node:timers/promises';
  import { promisify } from 'node:util';
  import zlib from 'node:zlib';

  const ADD = Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
    7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11,
  ]);

  const WORK = {
    hashes: () => createHash('sha256').update('axium').digest('hex').length === 64,
    keys: () => scryptSync('password', 'salt', 32).length === 32,
    'random numbers': () => randomBytes(16).length === 16,
    'web crypto': async () => (await webcrypto.subtle.digest('SHA-256', Buffer.from('x'))).byteLength === 32,
    compression: async () => {
      const squeezed = await promisify(zlib.gzip)(Buffer.alloc(100_000, 'axium'));
      return (await promisify(zlib.gunzip)(squeezed)).length === 100_000;
    },
    brotli: () => zlib.brotliDecompressSync(zlib.brotliCompressSync('axium')).toString() === 'axium',
    numbers: () => new Intl.NumberFormat('de-DE').format(1234.5) === '1.234,5',
    dates: () =>
      new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit' }).format(new Date(0)) === '09',
    'local time': () => typeof new Date().toString() === 'string',
    WebAssembly: async () => (await WebAssembly.instantiate(ADD)).instance.exports.add(40, 2) === 42,
    timers: async () => (await delay(5, 'late')) === 'late',
    immediates: () => new Promise((resolve) => setImmediate(resolve, true)),
    intervals: () =>
      new Promise((resolve) => {
        let times = 0;
        const timer = setInterval(() => {
          times += 1;
          if (times < 3) return;
          clearInterval(timer);
          resolve(true);
        }, 1);
      }),
    'a sibling module': async () => (await import('./sibling.mjs')).value === 42,
    'a file of its own': () => JSON.parse(fs.readFileSync(new URL('./data.json', import.meta.url))).answer === 42,
    'a file of its own, later': async () => (await fs.promises.readFile(new URL('./data.json', import.meta.url))).length > 0,
    'its own directory': () => fs.readdirSync(new URL('.', import.meta.url)).includes('sibling.mjs'),
    memoryUsage: () => process.memoryUsage().heapUsed > 0 && process.memoryUsage.rss() > 0,
    resourceUsage: () => process.resourceUsage().maxRSS > 0,
    'facts of the machine': () => os.totalmem() > 0 && os.tmpdir() !== '' && path.isAbsolute(os.homedir()),
    'process facts': () => process.pid > 0 && process.uptime() > 0 && process.cwd() !== '',
    'large JSON': () => {
      const rows = Array.from({ length: 50_000 }, (_, id) => ({ id, name: 'row ' + id, tags: ['a', 'b'] }));
      return JSON.parse(JSON.stringify(rows)).length === 50_000;
    },
    'structured clones': () => structuredClone(new Map([[1, { a: 1n }]])).get(1).a === 1n,
    'garbage of all ages': () => {
      for (let round = 0; round < 200; round += 1) Buffer.alloc(100_000).fill(round);
      return true;
    },
    'its output': () => process.stdout.write('a line\\n') || true,
    'abort signals': async () => (await delay(1000, null, { signal: AbortSignal.timeout(5) }).catch(({ name }) => name)) === 'AbortError',
  };

  export async function look() {
    const failed = [];
    for (const [name, work] of Object.entries(WORK)) {
      try {
        if ((await work()) !== true) failed.push(name);
      } catch (error) {
        failed.push(name + ': ' + error.message);
      }
    }
    return { tried: Object.keys(WORK).length, failed };
  }
`;

const LEVELS: readonly Confinement[] = [PLAIN, { level: 'seatbelt', permissionModel: true }, ...HOLDING];

for (const at of LEVELS) {
  it(`an honest spoke can do its work ${describeConfinement(at)}`, async (ctx) => {
    const done = await lookAround(ctx, at, {
      'look.mjs': LOOK,
      'sibling.mjs': 'export const value = 42;\n',
      'data.json': '{ "answer": 42 }\n',
    });
    expect(done).toEqual({ tried: 26, failed: [] });
  });
}

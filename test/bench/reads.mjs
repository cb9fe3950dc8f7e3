// A file read by a confined spoke, fully mediated, beside reading it in the process itself and carrying it over.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { startEcho, timeRound } from './support/echo.mjs';
import { atLeast, atMost, interleave, inUs, median, ratioOf } from './support/figure.mjs';
import { startHost } from './support/host.mjs';

const LARGE = 8_388_608;
/** Of 4 KiB each, one after the other. */
const READS = 200;
/** Of each before any is counted, and how many times: all is compiled then, on both sides, as in a daemon that runs for days. */
const WARM = { rounds: 3, count: 3000 };
/** Until the limit on bytes lets the spoke read as much again. Milliseconds. */
const REFILL = 1000;

/** Milliseconds in which this much comes through a pipe from another process, its start not counted. */
async function throughPipe() {
  const code = `process.stdin.once('data', () => process.stdout.write(Buffer.alloc(${LARGE}, 120)))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  await pause(200);
  const began = performance.now();
  child.stdin.write('go');
  let bytes = 0;
  for await (const chunk of child.stdout) {
    bytes += chunk.length;
    if (bytes === LARGE) break;
  }
  const took = performance.now() - began;
  child.kill();
  return took;
}

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ quick, rounds }) {
  const files = { small: Buffer.alloc(4096, 120), large: Buffer.alloc(LARGE, 120) };
  const host = await startHost({ permissions: 'permissions:\n  fs_read: [~/mine/*]\n', files });
  const echo = await startEcho();
  try {
    const inProcess = (/** @type {number} */ count) =>
      timeRound(count, 1, () => readFile(`${host.world.home}/mine/small`));
    for (let round = 0; round < (quick ? 1 : WARM.rounds); round += 1) {
      await echo.round(WARM.count, 1);
      await inProcess(WARM.count);
      await host.round('small', 4, { count: WARM.count });
    }
    const small = await interleave(rounds, {
      echo: () => echo.round(READS, 1),
      inProcess: () => inProcess(READS),
      own: () => host.round('small', 1, { count: READS }),
    });
    const sums = small.echo.map((us, at) => us + (small.inProcess[at] ?? 0));
    const large = await interleave(rounds, {
      pipe: throughPipe,
      own: async () => {
        await pause(REFILL);
        return (await host.round('large', 1, { count: 1 })) / 1000;
      },
    });
    return [
      atMost(
        'fs_read of 4 KiB, to readFile in the process and an echo',
        ratioOf(small.own, sums),
        3,
        `${inUs(median(small.own))} to ${inUs(median(sums))}`,
      ),
      atLeast(
        'throughput of fs_read of 8 MiB, to a raw pipe',
        ratioOf(large.pipe, large.own),
        0.5,
        `${(8000 / median(large.own)).toFixed(0)} to ${(8000 / median(large.pipe)).toFixed(0)} MiB/s`,
      ),
    ];
  } finally {
    echo.stop();
    await host.stop();
  }
}

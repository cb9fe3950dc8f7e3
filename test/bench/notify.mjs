// Notifications that are on disk before they are accepted, beside an fsync for each.
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { timeRound } from './support/echo.mjs';
import { atLeast, built, interleave, inUs, median, ratioOf } from './support/figure.mjs';

const COUNT = 256;
const WARM = 20;

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ rounds }) {
  const { NotificationQueue } = await built('notify/queue');
  const { nodePowers } = await built('node-powers');
  const powers = nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
  const directory = await mkdtemp(`${tmpdir()}/axium-bench-`);
  const limits = { perSource: 100_000, inAll: 100_000, perSecond: 1e9, burst: 1e9 };
  const { queue } = await NotificationQueue.open(powers, `${directory}/queue.jsonl`, limits);
  const fd = fs.openSync(`${directory}/one-by-one`, 'a');
  let number = 0;
  const notice = () => {
    number += 1;
    return { title: `notification ${number}`, body: 'some text', level: 'info' };
  };
  try {
    // What is measured is compiled, as in a daemon that runs for days.
    for (let warm = 0; warm < WARM; warm += 1) {
      await timeRound(COUNT, 64, () => queue.add('spoke', notice()));
      await queue.acknowledge((await queue.lease()).lease);
    }
    const taken = await interleave(rounds, {
      each: () =>
        timeRound(COUNT / 8, 1, async () => {
          fs.writeSync(fd, `${JSON.stringify(notice())}\n`);
          await new Promise((resolve) => fs.fdatasync(fd, resolve));
        }),
      grouped: async () => {
        const us = await timeRound(COUNT, 64, () => queue.add('spoke', notice()));
        // What was taken is no longer there to be compared with.
        const { lease, notifications } = await queue.lease();
        if (notifications.length !== COUNT)
          throw new Error(`${COUNT} accepted, ${notifications.length} queued`);
        await queue.acknowledge(lease);
        return us;
      },
    });
    return [
      atLeast(
        'rate of durable notifications at 64 in flight, to one fsync each',
        ratioOf(taken.each, taken.grouped),
        5,
        `${inUs(median(taken.grouped))} to ${inUs(median(taken.each))} each`,
      ),
    ];
  } finally {
    queue.close();
    fs.closeSync(fd);
    await rm(directory, { recursive: true });
  }
}

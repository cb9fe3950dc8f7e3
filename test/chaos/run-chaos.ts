import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { AxiumHome } from '../integration/support/axium-home.ts';
import { askControl } from '../integration/support/hosted-daemon.ts';
import { makeChaosHome } from './chaos-home.ts';
import { type Drained, drain } from './drainers.ts';
import { type Snapshot, takeSnapshot } from './package-snapshot.ts';
import { type Seeded, seeded } from './seeded.ts';
import { emptied, processesOf } from './world-processes.ts';

export interface ChaosInput {
  readonly rounds: number;
  readonly seed: number;
  readonly spokes: number;
  /** Called with a line for each round. */
  readonly tell: (line: string) => void;
}

/** Everything that happened, as those saw it who were told. */
export interface ChaosRun {
  readonly home: AxiumHome;
  readonly names: readonly string[];
  /** Titles that the test itself sent on the control socket and that were accepted. */
  readonly accepted: readonly string[];
  readonly drained: readonly Drained[];
  readonly kills: {
    daemon: number;
    starting: number;
    spokes: number;
    drainers: number;
    stuckLaunchers: number;
  };
  /** Milliseconds from the start of a daemon to its ready line, and from its death to the end of the last process of its world. */
  readonly startMs: readonly number[];
  readonly outlivedMs: readonly number[];
  /** Processes that were left when everything had been stopped. */
  readonly leftProcesses: readonly string[];
  readonly remove: () => Promise<void>;
}

/** Longer than anything here may take on a machine that is busy with something else. */
const PATIENCE_MS = 60_000;

interface Chaos {
  readonly home: AxiumHome;
  readonly snapshot: Snapshot;
  readonly random: Seeded;
  /** Those who drain: one that is alive when its daemon dies commits to the next one. */
  readonly drainers: Promise<void>[];
  readonly run: Omit<ChaosRun, 'leftProcesses' | 'remove'> & {
    readonly accepted: string[];
    readonly drained: Drained[];
    readonly startMs: number[];
    readonly outlivedMs: number[];
  };
}

/**
 * Rounds of the same: a daemon is started, its spokes work, drainers drain, and at points that the seed tells the spokes,
 * the drainers and at last the daemon are killed. Then everything is let end in peace, and told.
 */
export async function runChaos({ rounds, seed, spokes, tell }: ChaosInput): Promise<ChaosRun> {
  const snapshot = await takeSnapshot();
  const { home, names } = await makeChaosHome(spokes);
  const kills = { daemon: 0, starting: 0, spokes: 0, drainers: 0, stuckLaunchers: 0 };
  const run = { home, names, accepted: [], drained: [], kills, startMs: [], outlivedMs: [] };
  const chaos: Chaos = { home, snapshot, random: seeded(seed), drainers: [], run };
  const remove = async () => {
    for (const { pid } of processesOf(home.root)) tryKill(pid);
    await emptied(home.root, PATIENCE_MS);
    await home.remove();
    await snapshot.remove();
  };
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await playRound(chaos, round);
      const last = (list: readonly number[]) => `${Math.round(list.at(-1) ?? 0)} ms`;
      tell(
        `round ${round}: ready in ${last(run.startMs)}, gone in ${last(run.outlivedMs)}; ${JSON.stringify(kills)}`,
      );
    }
    return { ...run, leftProcesses: await windUp(chaos), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function playRound(chaos: Chaos, round: number): Promise<void> {
  const { home, random, run } = chaos;
  const { daemon, ready } = startDaemon(chaos);
  // Now and then it does not get as far as being ready.
  if (random.below(4) === 0) {
    const told = await Promise.race([ready, pause(random.below(700))]);
    if (told === false) throw new Error(`round ${round}: the daemon ended before it was killed`);
    run.kills.starting += 1;
    await killDaemon(chaos, daemon);
    await ready;
    return;
  }
  if (!(await ready)) throw new Error(`round ${round}: the daemon ended before it was ready`);
  let over = false;
  const drainUntilOver = async () => {
    while (!over) {
      await pause(random.below(200));
      const killAfter = random.below(2) === 0 ? 20 + random.below(500) : null;
      const drained = await drain(home, chaos.snapshot, killAfter);
      run.drained.push(drained);
      if (drained.killed) run.kills.drainers += 1;
    }
  };
  chaos.drainers.push(drainUntilOver(), drainUntilOver());
  const work = [
    notifyUntil(chaos, round, () => over),
    (async () => {
      while (!over) {
        await pause(200 + random.below(800));
        if (!over) await killSpoke(chaos);
      }
    })(),
  ];
  await pause(500 + random.below(2500));
  await killDaemon(chaos, daemon);
  over = true;
  await Promise.all(work);
}

/** Without the spokes, so that the queue comes to its end; everything is drained and the daemon is stopped as people do. */
async function windUp(chaos: Chaos): Promise<readonly string[]> {
  const { home, run, snapshot } = chaos;
  await rename(home.places.spokesDirectory, `${home.root}/spokes-away`);
  const { daemon, ready } = startDaemon(chaos);
  if (!(await ready)) throw new Error('the last daemon ended before it was ready');
  await Promise.all(chaos.drainers);
  // What a killed drainer had comes back only once its lease has ended.
  while (await isQueued(home)) {
    await askControl(home.places.socket, { cmd: 'notify_wait' });
    run.drained.push(await drain(home, snapshot, null));
  }
  const exited = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await exited;
  await emptied(home.root, PATIENCE_MS);
  return processesOf(home.root).map(({ pid, words }) => `${pid} ${words.join(' ')}`);
}

async function isQueued({ places }: AxiumHome): Promise<boolean> {
  const { notifications } = await askControl(places.socket, { cmd: 'notify_peek' });
  return (notifications as readonly unknown[]).length > 0;
}

/** `ready` settles with whether it said so: one that is killed before that says nothing. Rejects where it could not start. */
function startDaemon({ home, snapshot, run }: Chaos): { daemon: ChildProcess; ready: Promise<boolean> } {
  const started = performance.now();
  const daemon = spawn(process.execPath, [snapshot.daemon], {
    env: { ...home.env, AXIUM_READY_FD: '3' },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ready = readAll(daemon.stdio[3] as Readable).then((text) => {
    if (text === '') return false;
    if (!text.includes('"ok":true')) throw new Error(`a daemon did not start: ${text}`);
    run.startMs.push(performance.now() - started);
    return true;
  });
  return { daemon, ready };
}

const STUCK_MS = 5000;

/**
 * A bwrap that waits for the word of the half of itself which died with the daemon, before it had told this half to go
 * on. It runs nothing and never will; that nothing ends it is a defect of bwrap that the daemon could make up for.
 */
function waitsForEver(pid: number): boolean {
  try {
    const [call, descriptor] = readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ');
    const waitsFor = readlinkSync(`/proc/${pid}/fd/${Number(descriptor)}`);
    return call === READ && waitsFor.includes('eventfd') && !/\d/.test(childrenOf(pid));
  } catch {
    return false;
  }
}

/** read(2), by its number on this machine. */
const READ = process.arch === 'arm64' ? '63' : '0';

function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
}

/** Kills the daemon and waits for the end of everything that it had started. */
async function killDaemon({ home, run }: Chaos, daemon: ChildProcess): Promise<void> {
  const exited = once(daemon, 'exit');
  daemon.kill('SIGKILL');
  await exited;
  run.kills.daemon += 1;
  const started = performance.now();
  // Not those who drain: they wait for the next daemon, which is started once this has settled.
  const own = () => processesOf(home.root).filter(({ words }) => !words.includes('drain'));
  const stuck = new Set<number>();
  for (let left = own(); left.length > 0; left = own()) {
    const outlivedMs = performance.now() - started;
    if (outlivedMs > STUCK_MS && left.every(({ pid }) => waitsForEver(pid))) {
      for (const { pid } of left) {
        stuck.add(pid);
        tryKill(pid);
      }
    }
    if (outlivedMs > PATIENCE_MS) {
      throw new Error(`outlived the daemon: ${left.map(({ words }) => words.join(' '))}`);
    }
    await pause(10);
  }
  run.kills.stuckLaunchers += stuck.size;
  if (stuck.size === 0) run.outlivedMs.push(performance.now() - started);
}

async function killSpoke({ home, random, run }: Chaos): Promise<void> {
  const answer = await askControl(home.places.socket, { cmd: 'spoke_list' }).catch(() => null);
  const spokes = (answer?.spokes ?? []) as readonly { readonly pid: number | null }[];
  const pid = spokes[random.below(spokes.length)]?.pid;
  if (pid && tryKill(pid)) run.kills.spokes += 1;
}

async function notifyUntil({ home, run }: Chaos, round: number, isOver: () => boolean): Promise<void> {
  for (let n = 1; !isOver(); n += 1) {
    const title = `system-${round}-${n}`;
    const answer = await askControl(home.places.socket, { cmd: 'notify', title }).catch(() => null);
    if (answer?.ok) run.accepted.push(title);
    await pause(60);
  }
}

function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await Promise.race([once(stream, 'close'), once(stream, 'end')]);
  return text;
}

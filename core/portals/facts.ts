import { cpus } from 'node:os';
import type { Powers } from '../powers.ts';
import { type Portal, plainTarget, type Reply } from './portal.ts';

export interface FactsPowers {
  readonly files: Powers['files'];
  readonly home: string;
  /** The names of failed systemd units, or null where there is no systemd to ask. */
  readonly failedUnits: () => Promise<readonly string[] | null>;
  /** Milliseconds from some fixed point. */
  readonly monotonic: () => number;
}

/** How long one answer is given to whoever asks: to read it all takes dozens of files and a process. */
const SHARED_MS = 2000;

/**
 * Facts about the system that a spoke could not learn without reading files of the kernel: read by the daemon, reduced to
 * numbers. What this host does not tell is null. Spokes that ask within two seconds share one answer.
 */
export function factsPortal(powers: FactsPowers): Portal<'facts', null> {
  let last: { readonly at: number; readonly told: Promise<Reply> } | null = null;
  const told = () => {
    const at = powers.monotonic();
    if (last === null || at - last.at >= SHARED_MS) last = { at, told: readFacts(powers) };
    return last.told;
  };
  return {
    action: 'facts',
    resource: () => null,
    resolve: plainTarget,
    perform: told,
  };
}

async function readFacts(powers: FactsPowers): Promise<Reply> {
  const [load, memory, pressure, disks, failedUnits, governors, generations] = await Promise.all([
    readLoad(powers),
    readMemory(powers),
    readPressure(powers),
    readDisks(powers),
    powers.failedUnits(),
    readGovernors(powers),
    readGenerations(powers),
  ]);
  return { load, memory, pressure, disks, failed_units: failedUnits, cpu_governors: governors, generations };
}

/** Runnable tasks averaged over 1, 5 and 15 minutes, and the number of processors. */
async function readLoad({ files }: FactsPowers) {
  const text = await readKernelFile(files, '/proc/loadavg');
  const [one, five, fifteen] = (text ?? '').split(' ').map(Number);
  return text === null ? null : { one, five, fifteen, cpus: cpus().length || null };
}

/** Bytes. */
async function readMemory({ files }: FactsPowers) {
  const text = await readKernelFile(files, '/proc/meminfo');
  if (text === null) return null;
  const bytes = (key: string) => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text);
    return found ? Number(found[1]) * 1024 : null;
  };
  return {
    total: bytes('MemTotal'),
    available: bytes('MemAvailable'),
    swap_total: bytes('SwapTotal'),
    swap_free: bytes('SwapFree'),
  };
}

/** Per cent of the last 10 s in which some task waited for the resource. */
async function readPressure({ files }: FactsPowers) {
  const share = async (resource: string) => {
    const text = await readKernelFile(files, `/proc/pressure/${resource}`);
    const found = /^some avg10=([\d.]+)/m.exec(text ?? '');
    return found ? Number(found[1]) : null;
  };
  const [cpu, memory, io] = await Promise.all([share('cpu'), share('memory'), share('io')]);
  return { cpu, memory, io };
}

/** Bytes and inodes of the file systems of the root and of the home directory; one entry where they are the same. */
async function readDisks({ files, home }: FactsPowers) {
  const look = async (mount: string) => {
    const [stat, fs] = await Promise.all([files.stat(mount), files.statfs(mount)]).catch(() => [null, null]);
    if (!stat || !fs) return null;
    const { bsize, blocks, bavail, files: inodes, ffree } = fs;
    return {
      device: stat.dev,
      mount,
      total: blocks * bsize,
      free: bavail * bsize,
      inodes,
      inodes_free: ffree,
    };
  };
  const disks = (await Promise.all(['/', home].map(look))).filter((disk) => disk !== null);
  return disks
    .filter((disk, index) => disks.findIndex(({ device }) => device === disk.device) === index)
    .map(({ device: _device, ...disk }) => disk);
}

/** The governors in use, each once; empty where the processors have none. */
async function readGovernors({ files }: FactsPowers): Promise<readonly string[]> {
  const root = '/sys/devices/system/cpu';
  const names = (await files.readdir(root).catch(() => [])).filter((name) => /^cpu\d+$/.test(name));
  const found = await Promise.all(
    names.map((name) => readKernelFile(files, `${root}/${name}/cpufreq/scaling_governor`)),
  );
  return [...new Set(found.filter((governor) => governor !== null).map((governor) => governor.trim()))];
}

/**
 * The generation of NixOS that the system profile names, and the newest one before it, which a rollback would go to; null
 * where the host has none.
 */
async function readGenerations({ files }: FactsPowers) {
  const profiles = '/nix/var/nix/profiles';
  const named = await files.readlink(`${profiles}/system`).catch(() => '');
  const current = numberOfGeneration(named.slice(named.lastIndexOf('/') + 1));
  if (current === null) return null;
  const numbers = (await files.readdir(profiles).catch(() => [])).map(numberOfGeneration);
  const earlier = numbers.filter((number) => number !== null && number < current) as number[];
  const previous = earlier.length === 0 ? null : Math.max(...earlier);
  const stat =
    previous === null ? null : await files.lstat(`${profiles}/system-${previous}-link`).catch(() => null);
  if (previous === null || stat === null) return { current, previous: null };
  return { current, previous, previous_made_ms: Math.round(stat.mtimeMs) };
}

function numberOfGeneration(name: string): number | null {
  const found = /^system-(\d{1,9})-link$/.exec(name);
  return found ? Number(found[1]) : null;
}

async function readKernelFile(files: Powers['files'], path: string): Promise<string | null> {
  return files.readFile(path, 'utf8').catch(() => null);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as files from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readLog } from '../../core/audit/read-log.ts';
import { verifyChain } from '../../core/audit/verify-chain.ts';
import type { AuditRecord, DecisionRecord, Verdict } from '../../schemas/audit.ts';
import type { ChaosRun } from './run-chaos.ts';

/** What a spoke was told of one of its turns. */
interface Told {
  readonly spoke: string;
  readonly name: string;
  readonly notified: boolean;
  readonly wrote: boolean;
  readonly stored: boolean;
  readonly read: boolean;
  readonly ran: boolean;
}

/** What is wrong after a run, a list for each thing that must not be; and how much there was of everything. */
export interface Judgement {
  readonly faults: Readonly<Record<string, readonly string[]>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
}

export async function judge(run: ChaosRun): Promise<Judgement> {
  const { places } = run.home;
  const told = toldIn(run);
  const records: AuditRecord[] = [];
  for await (const { text } of readLog(files, places.auditLog)) records.push(JSON.parse(text) as AuditRecord);
  const decisions = records.filter((record) => record.type === 'decision');
  const allowed = decisions.filter(({ effect }) => effect === 'allow');
  const drained = drainFaults(run, told);
  const effects = effectFaults(run, told, allowed);
  const left = leftFiles(run);
  const requests = decisions.map(({ request }) => request);
  return {
    verdict: await verifyChain(readLog(files, places.auditLog)),
    faults: {
      ...drained.faults,
      ...effects.faults,
      decidedTwice: requests.filter((request, index) => requests.indexOf(request) !== index),
      leftProcesses: run.leftProcesses,
      leftFiles: left,
    },
    counts: {
      ...drained.counts,
      ...effects.counts,
      decisions: decisions.length,
      denied: decisions.length - allowed.length,
      torn: records.filter((record) => record.type === 'event' && record.event === 'torn_record').length,
      ...run.kills,
    },
  };
}

function drainFaults({ accepted, drained }: ChaosRun, told: readonly Told[]) {
  const all = [...accepted, ...told.filter(({ notified }) => notified).map(({ name }) => name)];
  const printed = drained.flatMap((drainer) =>
    drainer.printed.map((notification) => ({ ...notification, drainer })),
  );
  const byTitle = new Map<string, typeof printed>();
  for (const one of printed) byTitle.set(one.title, [...(byTitle.get(one.title) ?? []), one]);
  // Only a drainer that was killed between printing and acknowledging has it shown again, whatever became of the daemon.
  const repeated = [...byTitle].filter(([, shown]) =>
    shown.slice(0, -1).some(({ drainer }) => !drainer.killed),
  );
  return {
    faults: {
      lost: all.filter((title) => !byTitle.has(title)),
      committedTwice: [...byTitle]
        .filter(([, shown]) => shown.filter(({ drainer }) => drainer.committed).length > 1)
        .map(([title]) => title),
      shownAgainAfterNoKill: repeated.map(
        ([title, shown]) => `${title}, of drainers that said: ${shown.map(({ drainer }) => drainer.said)}`,
      ),
      underTwoIds: [...byTitle]
        .filter(([, shown]) => new Set(shown.map(({ id }) => id)).size > 1)
        .map(([title]) => title),
    },
    counts: {
      accepted: all.length,
      shown: byTitle.size,
      shownAgain: [...byTitle.values()].filter((shown) => shown.length > 1).length,
      drains: drained.length,
    },
  };
}

function effectFaults({ home, names }: ChaosRun, told: readonly Told[], allowed: readonly DecisionRecord[]) {
  const countOf = (find: (record: DecisionRecord) => string | null) => {
    const counts = new Map<string, number>();
    for (const record of allowed) {
      const key = find(record);
      if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const write = countOf(({ action, target }) => (action === 'fs_write' ? target : null));
  const store = countOf(({ command, resource }) => (command === 'storage_put' ? resource : null));
  const exec = countOf(({ action, target }) =>
    action === 'exec' ? (JSON.parse(target ?? '[]')[1] as string) : null,
  );
  const written = names.flatMap((spoke) => listed(`${home.home}/out/${spoke}`, '.txt'));
  const stored = names.flatMap((spoke) => listed(`${home.places.storage}/${spoke}`, '.value'));
  const ran = names.flatMap((spoke) => linesOf(`${home.home}/ran/${spoke}`));
  const security = readFileSync(home.places.securityLog, 'utf8');
  const nameOf = (path: string) => path.replace(/.*\//, '').replace(/\.\w+$/, '');
  const has = (paths: readonly string[]) => new Set(paths.map(nameOf));
  const [writtenNames, storedNames, ranNames] = [has(written), has(stored), new Set(ran)];
  const reads = allowed.filter(({ action }) => action === 'fs_read').length;
  return {
    faults: {
      writtenWithoutRecord: written.filter((path) => write.get(path) !== 1),
      storedWithoutRecord: stored.filter((path) => store.get(nameOf(path)) !== 1),
      ranWithoutRecord: ran.filter((name) => exec.get(name) !== 1),
      ranTwice: ran.filter((name, index) => ran.indexOf(name) !== index),
      withoutSecurityLine: [
        ...written.filter((path) => !security.includes(` detail=${path} `)),
        ...ran.filter((name) => !security.includes(name)),
      ],
      toldAndLost: told.flatMap(({ name, wrote, stored, ran }) => [
        ...(wrote && !writtenNames.has(name) ? [`write ${name}`] : []),
        ...(stored && !storedNames.has(name) ? [`value ${name}`] : []),
        ...(ran && !ranNames.has(name) ? [`command ${name}`] : []),
      ]),
      halfWritten: written.filter((path) => readFileSync(path, 'utf8') !== nameOf(path)),
      readWithoutRecord: told.filter(({ read }) => read).length > reads ? ['more reads than records'] : [],
      deniedDone: existsSync('/etc/axium-chaos') ? ['/etc/axium-chaos'] : [],
    },
    counts: { written: written.length, stored: stored.length, ran: ran.length, reads },
  };
}

/** Everything that spokes were told, on their logs and in files of theirs: whichever came through. */
function toldIn({ home, names }: ChaosRun): readonly Told[] {
  const byName = new Map<string, Told>();
  for (const spoke of names) {
    const logs = [`${home.places.spokeLogs}/${spoke}.log.1`, `${home.places.spokeLogs}/${spoke}.log`];
    const lines = [
      ...logs.flatMap(linesOf).flatMap((line) => (line.startsWith('told {') ? [line.slice(5)] : [])),
      ...linesOf(`${home.home}/told/${spoke}`),
    ];
    for (const line of lines) {
      const told = tryParse(line);
      if (told) byName.set(told.name, { ...told, spoke });
    }
  }
  return [...byName.values()];
}

/** Half a line is what a kill leaves, and tells nothing. */
function tryParse(line: string): Told | null {
  try {
    return JSON.parse(line) as Told;
  } catch {
    return null;
  }
}

/** Names that nothing but a run which was cut short can have left. */
const UNFINISHED = /\.tmp$|\.new$|\.damaged-|\.\d{1,10}$|axiumd\.lock|axiumd\.sock/;
function leftFiles({ home }: ChaosRun): readonly string[] {
  return readdirSync(home.root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && UNFINISHED.test(entry.name))
    .map((entry) => relative(home.root, join(entry.parentPath, entry.name)));
}

function listed(directory: string, ending: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending) && !name.startsWith('.'))
    .map((name) => `${directory}/${name}`);
}

function linesOf(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

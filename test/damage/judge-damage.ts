import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { decodeValue } from '../../core/portals/stored-value.ts';
import type { Places } from '../../schemas/places.ts';
import {
  copyTemplate,
  keptCopies,
  recordsIn,
  STATE_FILES,
  type StateFile,
  type Template,
  textOf,
} from './damaged-home.ts';
import type { Damage } from './damages.ts';
import { askOf, type RunningDaemon, startDaemon } from './start-daemon.ts';

/** What a daemon made of a damaged file. `faults` is empty where it did as it should. */
export interface DamageReport {
  readonly outcome: 'up' | 'refused' | 'silent';
  /** What it said of its refusal. */
  readonly said: string;
  readonly faults: readonly string[];
}

/** A valid and a broken `permissions.yaml`: with the broken one nothing but the kept copy tells what counts. */
export type Policy = 'valid' | 'broken';

/** Damages one file of a used state, starts a daemon on it, and looks at what it allows, keeps and says. */
export async function tryDamage(
  template: Template,
  file: StateFile,
  { inflict }: Damage,
  policy: Policy = 'valid',
): Promise<DamageReport> {
  const home = await copyTemplate(template);
  const { places } = home;
  let daemon: RunningDaemon | undefined;
  try {
    const path = STATE_FILES[file](places);
    if (policy === 'broken') writeFileSync(places.permissionsFile, 'lab: [\n');
    inflict(path);
    const isFile = lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    const bytes = isFile ? readFileSync(path) : null;
    daemon = await startDaemon(template.snapshot, home.env);
    const { ok, code, error = '' } = daemon.ready;
    const faults: string[] = [];
    const fault = (is: boolean, what: string) => {
      if (is) faults.push(what);
    };
    if (ok) {
      await spokeHasLooked(places);
      const allowed = recordsIn(places).filter(({ effect }) => effect === 'allow');
      fault(
        allowed.some(({ action }) => action === 'exec'),
        'it allowed an exec that the user had turned off',
      );
      const permissions = await askOf(places, { cmd: 'get_permissions', spoke: 'lab' });
      fault(
        (permissions as { effective?: { exec?: unknown } }).effective?.exec === true,
        'it shows exec as allowed',
      );
      if (policy === 'broken' && file === 'permissions.last-good.json') {
        fault(
          existsSync(`${home.home}/written`),
          'it allowed a write although no permissions had ever been valid',
        );
      }
      const peeked = await askOf(places, { cmd: 'notify_peek' });
      const titles = (peeked.notifications as { title: string }[]).map(({ title }) => title);
      const lost = ['first', 'second'].filter((title) => !titles.includes(title));
      if (file !== 'notifications.jsonl') fault(lost.length > 0, `lost: ${lost.join()}`);
      else if (lost.length > 0 && bytes !== null && bytes.length > 0) {
        fault(keptCopies(path, bytes).length === 0, 'notifications are gone and the file was not kept');
        fault(!textOf(places.daemonLog).includes(`${path}.damaged-`), 'that was not told');
      }
      fault(new Set(titles).size !== titles.length, 'a notification came twice');
      if (file === 'a stored value') {
        const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
        const got = valueGot(places);
        const wanted = bytes === null ? null : decodeValue(bytes);
        if (wanted !== null) fault(got.value !== wanted, `a whole value was answered with ${got.error}`);
        else if (bytes !== null) {
          fault(got.ok, `a damaged value was answered as ${got.value}`);
          fault(keptCopies(path, bytes).length === 0, 'a damaged value was not kept');
          fault(!textOf(places.daemonLog).includes(`${path}.damaged-`), 'that was not told');
        } else fault(got.ok && (isThere || got.value !== null), `no file was answered as ${got.value}`);
      }
      const asked = await askOf(places, { cmd: 'notify', title: 'after' });
      fault(asked.ok !== true, `it is up and takes no notification: ${asked.error}`);
      fault(!(await daemon.end()), 'it did not end');
    } else {
      fault(code === 'silent', 'it was neither up nor refused in time');
      fault(error.trim() === '' && code !== 'silent', 'it refused without a word');
      fault(error.includes('\n'), `its refusal is no line: ${error.split('\n').slice(0, 2).join(' | ')}`);
      fault(
        !error.includes(path) && code !== 'silent',
        `its refusal does not name the file: ${error.split('\n')[0]}`,
      );
    }
    return { outcome: ok ? 'up' : code === 'silent' ? 'silent' : 'refused', said: error, faults };
  } finally {
    await daemon?.end();
    await home.remove();
  }
}

/** What the spoke was answered when it asked for its value. */
function valueGot({ storage }: Places) {
  const text = decodeValue(readFileSync(`${storage}/lab/got.value`)) ?? '';
  return JSON.parse(text) as { readonly ok: boolean; readonly value?: string; readonly error?: string };
}

/** The spoke is past everything that it tries, or has failed. Looked for where each of them is told. */
async function spokeHasLooked(places: Parameters<typeof askOf>[0]): Promise<void> {
  const until = performance.now() + 40_000;
  for (;;) {
    const { spokes } = await askOf(places, { cmd: 'spoke_list' });
    const state = (spokes as { state: string }[])[0]?.state;
    if (state !== 'starting' && state !== undefined) return;
    if (performance.now() > until) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

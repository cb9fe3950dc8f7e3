import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import type { AuditRecord } from '../../../schemas/audit.ts';
import { type Places, placesFor } from '../../../schemas/places.ts';

/** A user's home directory and an AXIUM_HOME beside it, of this test alone. */
export interface AxiumHome {
  readonly root: string;
  readonly home: string;
  readonly places: Places;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file below the home directory, with its directories. */
  readonly put: (path: string, text: string) => Promise<string>;
  /** Adds a spoke; `code` is its main.mjs. */
  readonly addSpoke: (name: string, permissions: string, code: string) => Promise<string>;
  readonly permissions: (text: string) => Promise<void>;
  readonly records: () => Promise<readonly AuditRecord[]>;
  readonly securityLines: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

export async function makeAxiumHome(): Promise<AxiumHome> {
  const root = await mkdtemp(`${tmpdir()}/axium-test-`);
  const home = `${root}/home`;
  const env = { HOME: home, AXIUM_HOME: `${root}/axium`, PATH: '/usr/bin:/bin', UV_THREADPOOL_SIZE: '16' };
  const places = placesFor(env, home);
  const write = async (path: string, text: string) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text);
    return path;
  };
  await mkdir(home, { mode: 0o700 });
  const lines = async (file: string) => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  };
  return {
    root,
    home,
    places,
    env,
    put: (path, text) => write(`${home}/${path}`, text),
    async addSpoke(name, permissions, code) {
      const directory = `${places.spokesDirectory}/${name}`;
      await write(
        `${directory}/spoke.yaml`,
        `name: ${name}\nversion: 0.1.0\nentrypoint: main:register\n${permissions}`,
      );
      await write(`${directory}/main.mjs`, code);
      return directory;
    },
    permissions: async (text) => {
      await write(places.permissionsFile, text);
    },
    records: async () => (await lines(places.auditLog)).map((line) => JSON.parse(line) as AuditRecord),
    securityLines: () => lines(places.securityLog),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The code of a spoke that makes these requests one after the other and stores the answers. */
export function askingCode(requests: readonly object[]): string {
  return `export async function register(axium) {
  const answers = [];
  for (const request of ${JSON.stringify(requests)}) answers.push(await axium.sendRequest(request));
  await axium.sendRequest({ cmd: 'storage_put', key: 'answers', value: JSON.stringify(answers) });
}
`;
}

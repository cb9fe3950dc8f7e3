import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface SampleHome {
  /** Holds everything else. */
  readonly directory: string;
  readonly home: string;
  /** AXIUM_HOME of the private daemon. */
  readonly axium: string;
}

const SESSION = 'sample';
/** Where the AWS tools keep the token of that session. */
export const TOKEN_FILE = `.aws/sso/cache/${createHash('sha1').update(SESSION).digest('hex')}.json`;

/**
 * Makes a new directory with a home like a user's in it, and Axium's own files: nothing in it is real. Its spokes may
 * run unconfined only where that is said.
 */
export async function makeSampleHome(
  now: number,
  { spokes, confined }: { readonly spokes: readonly string[]; readonly confined: boolean },
): Promise<SampleHome> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'axium-demo-')));
  const home = `${directory}/home`;
  const axium = `${directory}/axium`;
  await writeAll(home, homeFiles(now));
  await writeAll(axium, AXIUM_FILES);
  const config = `spokes:\n  bundled: [${spokes.join(', ')}]\n${confined ? '' : UNCONFINED}`;
  await writeAll(axium, { 'config/config.yaml': config });
  return { directory, home, axium };
}

/** A login that ended an hour ago, files for the curious, and a repository with a file that is not committed. */
function homeFiles(now: number): Readonly<Record<string, string>> {
  const token = {
    startUrl: 'https://sample.invalid/start',
    region: 'eu-central-1',
    accessToken: 'sample-token-that-opens-nothing',
    expiresAt: new Date(now - 3_600_000).toISOString(),
  };
  return {
    '.aws/credentials': `# A sample: these keys open nothing.
[batch]
aws_access_key_id = AKIASAMPLESAMPLESAMP
aws_secret_access_key = sample-secret-that-opens-nothing
`,
    '.aws/config': `[default]
sso_session = ${SESSION}
sso_account_id = 000000000000
sso_role_name = Sample
region = eu-central-1

[sso-session ${SESSION}]
sso_start_url = https://sample.invalid/start
sso_region = eu-central-1
`,
    [TOKEN_FILE]: `${JSON.stringify(token, null, 2)}\n`,
    '.ssh/id_rsa': 'A sample: this is not a key, and no spoke should ever see this line.\n',
    '.bashrc': '# A sample: no spoke should ever add a line to this file.\n',
    'notes/public.txt': 'A sample note that the nosy spoke may read.\n',
    'src/sample/todo.txt': 'A sample file that nobody has committed yet.\n',
    ...REPOSITORY,
  };
}

/** What makes a directory a repository of git, written by hand: the host may have no git. A `/` ends a directory. */
const REPOSITORY: Readonly<Record<string, string>> = {
  'src/sample/.git/HEAD': 'ref: refs/heads/main\n',
  'src/sample/.git/config': '[core]\n\trepositoryformatversion = 0\n\tbare = false\n',
  'src/sample/.git/objects/': '',
  'src/sample/.git/refs/': '',
};

const UNCONFINED = `sandbox:
  require: none # this host can confine no spoke, and these are known
`;

const AXIUM_FILES: Readonly<Record<string, string>> = {
  'config/permissions.yaml': `# What the user changed, beside what each spoke.yaml asks for.
creds:
  exec: false
  fs_read:
    - $AXIUM_HOME/config/spokes/creds/creds.yaml
disk:
  notify: false
`,
  'config/spokes/creds/creds.yaml': `default:
  profile: default
  auto_refresh: true
  check_seconds: 300
`,
  'config/overrides/disk.yaml': `default:
  warn_percent: 1 # so low that the segment shows in the HUD
`,
  'config/overrides/git.yaml': `default:
  repositories:
    - ~/src/sample
`,
};

async function writeAll(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const isDirectory = name.endsWith('/');
    const directory = isDirectory ? `${root}/${name}` : dirname(`${root}/${name}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!isDirectory) await writeFile(`${root}/${name}`, text, { mode: 0o600 });
  }
}

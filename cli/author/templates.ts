/** What `axium spoke new` writes: the files of one template, by their paths. */
export type Template = 'js' | 'ts' | 'python';

/** All files of a new spoke. They ask for one right, use it, and have a test that shows it. */
export function templateFiles(
  template: Template,
  name: string,
  schemaLine: string,
): Readonly<Record<string, string>> {
  const { code, runtime } = LANGUAGES[template];
  return {
    'spoke.yaml': `${schemaLine}${manifestText(name, runtime)}`,
    ...code,
    'test/main.test.mjs': TEST,
    'README.md': readmeText(name, Object.keys(code)[0] ?? ''),
    'package.json': packageText(name),
    '.gitignore': 'node_modules/\n*.tgz\n',
  };
}

interface Language {
  readonly runtime: string | null;
  /** The entry module first. */
  readonly code: Readonly<Record<string, string>>;
}

const LANGUAGES: Readonly<Record<Template, Language>> = {
  js: {
    runtime: null,
    code: {
      'main.mjs': `/** @type {import('axium/spoke').Register} */
export async function register(axium, events) {
  await axium.hud(\`[\${axium.spoke.name}]\`);
  try {
    await axium.notify({ title: 'Hello', body: \`from \${axium.spoke.name}\` });
  } catch (error) {
    if (error.code !== 'denied') throw error;
    console.error(error.message); // goes on without
  }
  events.on('shutdown', () => console.log('bye'));
}
`,
    },
  },
  ts: {
    runtime: null,
    code: {
      'main.ts': `import type { AxiumFailure, Register } from 'axium/spoke';

export const register: Register = async (axium, events) => {
  await axium.hud(\`[\${axium.spoke.name}]\`);
  try {
    await axium.notify({ title: 'Hello', body: \`from \${axium.spoke.name}\` });
  } catch (error) {
    const { code, message } = error as AxiumFailure;
    if (code !== 'denied') throw error;
    console.error(message); // goes on without
  }
  events.on('shutdown', () => console.log('bye'));
};
`,
      'tsconfig.json': `{
  "compilerOptions": {
    "target": "ES2023",
    "module": "NodeNext",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true
  },
  "include": ["**/*.ts"]
}
`,
    },
  },
  python: {
    runtime: 'python',
    code: {
      'main.py': `import sys

from axium import AxiumFailure


def register(axium, events):
    axium.hud(f"[{axium.spoke}]")
    try:
        axium.notify("Hello", f"from {axium.spoke}")
    except AxiumFailure as failure:
        if failure.code != "denied":
            raise
        print(failure, file=sys.stderr)  # goes on without
    events.on("shutdown", lambda: print("bye"))
`,
    },
  },
};

function manifestText(name: string, runtime: string | null): string {
  return `name: ${name}
version: 0.1.0
description: Says hello
${runtime === null ? '' : `runtime: ${runtime}\n`}entrypoint: main:register
permissions:
  notify: true # to say hello, once
`;
}

const TEST = `import { after, test } from 'node:test';
import { openSpoke } from 'axium/testing';

const spoke = openSpoke(new URL('..', import.meta.url));

test('it shows itself and says hello', async () => {
  const run = await spoke.run();
  run.expect.toHaveNotified({ title: 'Hello' });
  run.expect.toHaveUsedOnly('notify', 'hud');
});

test('it goes on where it may not notify', async () => {
  const run = await spoke.run({ deny: ['notify'] });
  run.expect.toHaveBeenDenied('notify');
  run.expect.toBeReady();
});

after(() => spoke.finish());
`;

function readmeText(name: string, main: string): string {
  return `# ${name}

A spoke for Axium. Its code is in \`${main}\`, what it asks for in \`spoke.yaml\`.

| permission | why |
|---|---|
| \`notify\` | to say hello, once |

\`\`\`sh
axium spoke dev        # runs it, shows every request, and starts it anew when a file changes
npm test               # its tests; they need the package axium in reach (npm install)
axium spoke validate   # checks it, and prints what it asks for
axium spoke pack       # makes ${name}-0.1.0.tgz
axium spoke add .      # installs it for you
\`\`\`

Where it has something to do only now and then, \`activation: on-demand\` in \`spoke.yaml\` spares its process in between;
see "On demand" in docs/manifest.md of Axium.
`;
}

function packageText(name: string): string {
  return `${JSON.stringify(
    {
      name,
      private: true,
      type: 'module',
      scripts: { test: 'node --test', dev: 'axium spoke dev' },
      devDependencies: { axium: '^0.1.0' },
    },
    null,
    2,
  )}\n`;
}

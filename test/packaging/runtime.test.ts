import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUNTIME = fileURLToPath(new URL('../../dist/spokes/runtime', import.meta.url));

it.skipIf(!existsSync(RUNTIME)).each(['bootstrap.cjs', 'thread.cjs', 'testing/thread.cjs'])(
  '%s requires no module of Node as it starts, and so makes Node load nothing that nobody asks for',
  (file) => {
    const text = readFileSync(`${RUNTIME}/${file}`, 'utf8');
    // What is indented is in a function, and is for the moment in which it is needed.
    const required = [...text.matchAll(/^(?!\t).*\brequire\("([^"]+)"\)/gm)].map(([, name]) => name);
    expect(required.filter((name) => !name?.endsWith('/bootstrap.cjs'))).toEqual([]);
  },
);

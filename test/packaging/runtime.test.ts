import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'es-module-lexer/js';
import { expect, it } from 'vitest';

const RUNTIME = fileURLToPath(new URL('../../dist/spokes/runtime', import.meta.url));

it.skipIf(!existsSync(RUNTIME)).each(['bootstrap.mjs', 'testing/thread.mjs'])(
  '%s imports no module of Node before it runs, and so makes Node load nothing that nobody asks for',
  (file) => {
    const [imports] = parse(readFileSync(`${RUNTIME}/${file}`, 'utf8'));
    const names = imports.filter(({ type }) => type === 'static').map(({ specifier }) => specifier);
    expect(names).toEqual([]);
  },
);

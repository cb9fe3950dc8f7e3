// Makes the entry of `axium` out of what was compiled: one CommonJS file with the commands that are called all the time.
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const built = fileURLToPath(new URL('../dist/cli', import.meta.url));

const bundle = await rolldown({
  input: `${built}/quick.js`,
  platform: 'node',
  external: [/\/main\.js$/],
});
await bundle.write({ file: `${built}/axium.cjs`, format: 'cjs', banner: '#!/usr/bin/env node' });
await bundle.close();
await chmod(`${built}/axium.cjs`, 0o755);

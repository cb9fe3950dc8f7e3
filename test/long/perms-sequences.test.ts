import fc from 'fast-check';
import { test } from 'vitest';
import { yamlFile } from '../cli/support/arbitrary-file.ts';
import { runSequence, typed } from '../cli/support/perms-sequence.ts';
import { tunedWorld } from '../cli/support/tuned-world.ts';

const text = yamlFile.map((file) => file.replaceAll('creds:', 'weather:').replace(/^\ufeff/, ''));

test('any row of commands on any file keeps its promises', async () => {
  const world = await tunedWorld();
  await fc.assert(
    fc.asyncProperty(text, fc.array(typed, { minLength: 2, maxLength: 6 }), (file, row) =>
      runSequence(world, file, row),
    ),
    { numRuns: 25, endOnFailure: true },
  );
}, 600_000);

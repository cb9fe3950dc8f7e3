import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST_POLICY_FILE } from '../../schemas/host-policy.ts';
import { nodePowers } from '../node-powers.ts';
import { ROOT_ALONE } from '../registry/host-policy-file.ts';
import { spokeRuntime } from '../sandbox/spoke-runtime.ts';
import type { SpokeRun } from './spoke-run.ts';
import { type RunOptions, TestedSpoke, type TestingHost } from './tested-spoke.ts';

export { Expectations, type ExpectedNotice, matchers } from './expectations.ts';
export type { TestedPermission } from './overrides-of.ts';
export type { Decision, Fault, SeenRequest, SpokeRun } from './spoke-run.ts';
export type { RunOptions, TestedSpoke } from './tested-spoke.ts';

/**
 * Opens the spoke in a directory for tests. Each run has a daemon, a home and files of its own, and every request is
 * decided as it would be for its user. End with `finish` or `close`, so that nothing is left.
 *
 * @example
 * ```js
 * const spoke = openSpoke(new URL('..', import.meta.url));
 * test('it says hello', async () => {
 *   const run = await spoke.run({ files: { '~/notes/todo.md': '- [ ] one' } });
 *   run.expect.toHaveNotified({ title: '1 thing to do' });
 * });
 * after(() => spoke.finish());
 * ```
 */
export function openSpoke(directory: string | URL): TestedSpoke {
  const path = typeof directory === 'string' ? directory : fileURLToPath(directory);
  return new TestedSpoke(host(), resolve(path).replace(/\/$/, ''));
}

/** Runs the spoke in a directory once. The caller stops the run. */
export async function runSpoke(directory: string | URL, options: RunOptions = {}): Promise<SpokeRun> {
  return openSpoke(directory).run(options);
}

function host(): TestingHost {
  const packageRoot = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
  const silent = () => {};
  const { version } = JSON.parse(fs.readFileSync(`${packageRoot}/package.json`, 'utf8')) as {
    readonly version: string;
  };
  return {
    powers: nodePowers(process, { info: silent, warn: silent, error: silent }),
    packageRoot,
    version,
    nodeVersion: process.version,
    architecture: process.arch,
    fileThreads: 4,
    // What root forbids on this host is forbidden in a test too.
    hostPolicy: { file: HOST_POLICY_FILE, owners: ROOT_ALONE },
    runtime: spokeRuntime(
      fs.realpathSync(process.execPath),
      process.allowedNodeEnvironmentFlags,
      packageRoot,
    ),
    temporary: fs.realpathSync(tmpdir()),
  };
}

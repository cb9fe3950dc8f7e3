import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findBreaches, findReach, type Layer, type TreeRules } from './support/layers.ts';
import { writeTree } from './support/spoke-directory.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const EXECUTOR_ENTRY = 'core/executor/main.ts';
/**
 * The daemon, two one-shot processes that the CLI starts for what needs the daemon's code, which it never loads, and what
 * authors import in their tests.
 */
const ENTRIES = [
  'core/main.ts',
  'core/axiumd.ts',
  'core/check.ts',
  'core/author.ts',
  'core/testing/index.ts',
];
/** Where the entries share how powers are made; nothing else may import it. */
const POWERS_OF_NODE = 'core/node-powers.ts';
const DAEMON = ['schemas', 'node:', 'koffi', 'leven', 'pino', 'write-file-atomic', 'yaml', 'zod'];
/** What the executor shares with the daemon: modules that lead to nothing but each other. */
const EXECUTOR_LEAVES = [
  'core/append-file.ts',
  'core/audit/chain.ts',
  'core/audit/chained-log.ts',
  'core/audit/inner-json.ts',
  'core/channel/framing.ts',
  'core/control/peer.ts',
  'core/errors.ts',
];

/**
 * Which area may import which: the picture of the layout, as data. A file belongs to the most particular area that it
 * lies in. Every area may import its own files.
 */
const LAYERS: readonly Layer[] = [
  { area: 'schemas', may: ['zod'] },
  // Decides, and can do nothing else.
  { area: 'core/policy', may: ['schemas', 'minimatch'] },
  { area: 'core/supervisor/lifecycle.ts', may: ['schemas', 'minimatch', 'core/errors.ts'] },
  // A portal can neither decide nor log.
  { area: 'core/portals', may: ['schemas', 'core/errors.ts', 'node:'], types: ['core/powers.ts'] },
  {
    area: 'core/jobs',
    may: [
      'schemas',
      'core/powers.ts',
      'core/errors.ts',
      'core/own-cgroup.ts',
      'core/host-programs.ts',
      'node:',
    ],
  },
  // Runs as root, so it can do little, and has to be read by whoever lets it.
  {
    area: 'core/executor',
    may: ['schemas', 'yaml', 'koffi', 'node:', ...EXECUTOR_LEAVES],
    types: ['core/powers.ts'],
    never: [EXECUTOR_ENTRY],
  },
  // Reads what anybody may have made, and runs nothing of it; only what is told of Python and its runner is shared.
  {
    area: 'core/author',
    may: [
      ...['core/errors.ts', 'core/jobs', 'core/sandbox/program-words.ts', 'core/function-line.ts', 'node:'],
      ...['@swc/wasm-typescript', 'es-module-lexer', 'koffi'],
    ],
    types: ['core/powers.ts'],
  },
  // Joins resolve, decide, record and perform, and can reach nothing past them.
  {
    area: 'core/broker.ts',
    may: ['schemas', 'core/broker', 'core/portals', 'core/read-request.ts'],
  },
  { area: 'core/broker', may: ['schemas', 'core/policy', 'core/portals', 'core/audit', 'core/errors.ts'] },
  // The broker's first step in a file of its own.
  { area: 'core/read-request.ts', may: ['schemas', 'core/describe-request.ts'] },
  { area: 'core/describe-request.ts', may: ['schemas', 'core/did-you-mean.ts'], types: ['zod'] },
  { area: 'core/did-you-mean.ts', may: ['leven'] },
  { area: 'core/errors.ts', may: ['schemas'] },
  // Who is asking: shared with every process that listens, so it brings nothing else of the daemon along.
  { area: 'core/control/peer-process.ts', may: ['node:'] },
  { area: 'core/control/peer.ts', may: ['core/control/peer-process.ts', 'node:', 'koffi'] },
  { area: 'core/control/tier.ts', may: ['schemas'], types: ['core/control/peer.ts'] },
  // The rest of the daemon is put together by daemon.ts; what it never does is to know a spoke or the command line, or
  // to help itself to powers.
  { area: 'core', may: DAEMON, never: [...ENTRIES, EXECUTOR_ENTRY, POWERS_OF_NODE] },
  ...ENTRIES.map((area) => ({ area, may: ['core', ...DAEMON] })),
  // The sandbox has no node_modules: whatever runs there comes with it.
  { area: 'spokes/runtime', may: ['node:'], types: ['schemas'] },
  { area: 'spokes', may: ['node:'], never: ['spokes/runtime'] },
  { area: 'cli', may: ['schemas', 'node:', 'commander', 'yaml'] },
];

const RULES: TreeRules = {
  layers: LAYERS,
  // The entry module of a spoke, whose name the daemon tells.
  computed: ['spokes/runtime/load-register.mts'],
  process: {
    within: ['schemas', 'core', 'cli', 'spokes/runtime'],
    only: [...ENTRIES, EXECUTOR_ENTRY, 'cli', 'spokes/runtime/bootstrap.mts'],
  },
  powers: {
    modules: [
      ...['fs', 'fs/promises', 'child_process', 'cluster', 'worker_threads', 'inspector', 'vm', 'module'],
      ...['net', 'dgram', 'dns', 'dns/promises', 'http', 'http2', 'https', 'tls', 'repl', 'sqlite'],
    ],
    within: ['schemas', 'core'],
    only: [...ENTRIES, EXECUTOR_ENTRY, POWERS_OF_NODE],
    // Channels between threads are no way out of one.
    allowed: ['constants', 'MessageChannel', 'receiveMessageOnPort', 'isIP', 'isIPv6'],
  },
};

it('no file of the tree imports what its area may not, touches process, or takes a power that it was not given', () => {
  expect(findBreaches(fileURLToPath(new URL('..', import.meta.url)), RULES)).toEqual([]);
});

it('what runs as root is the folder of the executor, schemas, and a handful of leaves', () => {
  const { files, packages } = findReach(fileURLToPath(new URL('..', import.meta.url)), EXECUTOR_ENTRY);
  const shared = files.filter((file) => !/^(?:core\/executor|schemas)\//.test(file));
  expect(shared).toEqual([
    'core/append-file.ts',
    'core/audit/chain.ts',
    'core/audit/chained-log.ts',
    'core/audit/inner-json.ts',
    'core/audit/log-file.ts',
    'core/channel/framing.ts',
    'core/control/peer-process.ts',
    'core/control/peer.ts',
    'core/errors.ts',
    'core/state-file.ts',
    'core/text-bytes.ts',
  ]);
  expect(packages).toEqual(['koffi', 'yaml', 'zod']);
});

describe('a breach of the rules is seen', () => {
  it.each<[string, string, readonly string[]]>([
    ['schemas/a.ts', "import fs from 'node:fs';", ['imports node:fs', 'takes default of node:fs']],
    ['schemas/a.ts', "import type { X } from '../core/errors.ts';", ['imports types of core/errors.ts']],
    [
      'core/policy/a.ts',
      "import { readFileSync } from 'node:fs';",
      ['imports node:fs', 'takes readFileSync of node:fs'],
    ],
    ['core/policy/a.ts', "import { AxiumError } from '../errors.ts';", ['imports core/errors.ts']],
    ['core/policy/a.ts', "export * from '../audit/audit.ts';", ['imports core/audit/audit.ts']],
    [
      'core/policy/deep/a.ts',
      "import type { X } from '../../portals/index.ts';",
      ['imports types of core/portals/index.ts'],
    ],
    [
      'core/supervisor/lifecycle.ts',
      "import { x } from './supervisor.ts';",
      ['imports core/supervisor/supervisor.ts'],
    ],
    ['core/portals/a.ts', "import { decide } from '../policy/decide.ts';", ['imports core/policy/decide.ts']],
    [
      'core/portals/a.ts',
      "import type { Audit } from '../audit/audit.ts';",
      ['imports types of core/audit/audit.ts'],
    ],
    [
      'core/portals/a.ts',
      "await import('../registry/load-config.ts');",
      ['imports core/registry/load-config.ts'],
    ],
    ['core/portals/a.ts', "import { x } from '../powers.ts';", ['imports core/powers.ts']],
    ['core/portals/a.ts', "import { x } from 'yaml';", ['imports yaml']],
    ['core/jobs/a.ts', "import { x } from '../portals/index.ts';", ['imports core/portals/index.ts']],
    ['core/control/peer.ts', "import { x } from '../errors.ts';", ['imports core/errors.ts']],
    ['core/control/tier.ts', "import { x } from './peer.ts';", ['imports core/control/peer.ts']],
    ['core/executor/a.ts', "import { x } from '../jobs/jobs.ts';", ['imports core/jobs/jobs.ts']],
    [
      'core/executor/a.ts',
      "import { spawn } from 'node:child_process';",
      ['takes spawn of node:child_process'],
    ],
    ['core/daemon.ts', "import './executor/main.ts';", ['imports core/executor/main.ts']],
    ['core/broker.ts', "import { x } from './channel/framing.ts';", ['imports core/channel/framing.ts']],
    ['core/broker.ts', "import { join } from 'node:path';", ['imports node:path']],
    ['core/daemon.ts', "import '../spokes/runtime/client.mts';", ['imports spokes/runtime/client.mts']],
    ['core/daemon.ts', "import '../cli/client.ts';", ['imports cli/client.ts']],
    ['core/daemon.ts', "import { nodePowers } from './node-powers.ts';", ['imports core/node-powers.ts']],
    ['core/registry/a.ts', "import '../main.ts';", ['imports core/main.ts']],
    ['core/daemon.ts', "import commander from 'commander';", ['imports commander']],
    ['core/daemon.ts', 'await import(name);', ['imports what only running it could tell']],
    ['core/daemon.ts', 'const { env } = process;', ['touches process']],
    ['core/daemon.ts', "import { env } from 'node:process';", ['touches process']],
    ['core/daemon.ts', "import * as fs from 'node:fs';", ['takes * of node:fs']],
    ['core/daemon.ts', "import { constants, openSync } from 'node:fs';", ['takes openSync of node:fs']],
    [
      'core/daemon.ts',
      "import { readFile } from 'fs/promises';",
      ['imports fs', 'takes readFile of fs/promises'],
    ],
    [
      'core/daemon.ts',
      "const { spawn } = await import('node:child_process');",
      ['takes * of node:child_process'],
    ],
    ['spokes/runtime/a.mts', "import { WIRE } from '../../schemas/wire.ts';", ['imports schemas/wire.ts']],
    ['spokes/runtime/a.mts', "import { type X } from '../../schemas/wire.ts';", ['imports schemas/wire.ts']],
    ['spokes/runtime/a.mts', "import zod from 'zod';", ['imports zod']],
    ['spokes/runtime/a.mts', 'process.exit();', ['touches process']],
    ['spokes/creds/main.mjs', "import '../../core/errors.ts';", ['imports core/errors.ts']],
    ['spokes/creds/main.mjs', "import yaml from 'yaml';", ['imports yaml']],
    ['cli/main.ts', "import '../core/main.ts';", ['imports core/main.ts']],
    ['cli/main.ts', "import { minimatch } from 'minimatch';", ['imports minimatch']],
  ])('%s: %s', (file, source, breaches) => {
    const root = writeTree(makeTemporaryDirectory(), { [file]: source });
    expect(findBreaches(root, RULES)).toEqual(breaches.map((breach) => `${file}: ${breach}`));
  });
});

describe('what the rules allow is no breach', () => {
  it.each<[string, string]>([
    ['schemas/a.ts', "import { z } from 'zod';\nimport type { X } from './b.ts';"],
    [
      'core/policy/a.ts',
      "import { Minimatch } from 'minimatch';\nimport { X } from '../../schemas/decision.ts';",
    ],
    [
      'core/portals/a.ts',
      "import type { Powers } from '../powers.ts';\nimport { constants } from 'node:fs';",
    ],
    [
      'core/broker.ts',
      "import { decideNow } from './broker/decide-now.ts';\nimport type { Prepared } from './portals/portal.ts';",
    ],
    [
      'core/registry/a.ts',
      "import type * as fs from 'node:fs';\nimport { type Stats, constants } from 'node:fs';",
    ],
    ['core/main.ts', "import * as fs from 'node:fs';\nimport './node-powers.ts';\nprocess.exit();"],
    ['spokes/runtime/bootstrap.mts', "import * as fs from 'node:fs';\nprocess.exit();"],
    ['spokes/runtime/a.mts', "import type { X } from '../../schemas/wire.ts';"],
    ['cli/main.ts', "import { X } from '../schemas/control.ts';\nprocess.exit();"],
  ])('%s: %s', (file, source) => {
    expect(findBreaches(writeTree(makeTemporaryDirectory(), { [file]: source }), RULES)).toEqual([]);
  });

  it('a tree of which most folders do not exist yet', () => {
    expect(findBreaches(makeTemporaryDirectory(), RULES)).toEqual([]);
  });
});

import { existsSync, promises as files, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { COMMANDS } from '../../cli/commands.ts';
import { EXIT } from '../../cli/exit.ts';
import { permissionsText } from '../../cli/permissions-text.ts';
import { CHANNEL_LIMITS } from '../../core/channel/limits.ts';
import { loadEnvironments } from '../../core/environments/load-environments.ts';
import { parseTable } from '../../core/executor/table.ts';
import { compileCommand, matchesCommand } from '../../core/policy/match-command.ts';
import { compilePath, matchesText } from '../../core/policy/match-path.ts';
import { mergeLayers } from '../../core/policy/merge.ts';
import { activeValues, deepMerge, expandValues } from '../../core/portals/config-values.ts';
import { splitCommand } from '../../core/portals/split-command.ts';
import { parseConfigValues } from '../../core/registry/config-source.ts';
import { loadConfig } from '../../core/registry/load-config.ts';
import { parseHostPolicy } from '../../core/registry/load-host-policy.ts';
import { type LoadedManifest, requireManifest } from '../../core/registry/load-manifest.ts';
import { layersFor, parseOverrides } from '../../core/registry/load-overrides.ts';
import { spokePermissions } from '../../core/registry/spoke-permissions.ts';
import { isTold } from '../../core/spoke-lives.ts';
import { STATES } from '../../core/supervisor/lifecycle.ts';
import { actionTableSchema } from '../../schemas/action-table.ts';
import { auditRecordSchema } from '../../schemas/audit.ts';
import { CODES } from '../../schemas/codes.ts';
import { configSchema } from '../../schemas/config.ts';
import { CONTROL_REQUESTS } from '../../schemas/control.ts';
import { EXECUTOR_CODES } from '../../schemas/executor.ts';
import { hostPolicySchema } from '../../schemas/host-policy.ts';
import { manifestSchema } from '../../schemas/manifest.ts';
import { overrideBlockSchema, permissionBlockSchema } from '../../schemas/permissions.ts';
import { CONTROL_TIERS } from '../../schemas/tiers.ts';
import { REQUESTS, WIRE } from '../../schemas/wire.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import {
  anchorsOf,
  type CodeBlock,
  codeIn,
  codesOfColumn,
  localLinks,
  readPage,
  tableBelow,
} from './markdown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOME = '/home/ada';
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(`${ROOT}docs`, { recursive: true }).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith('.md'))
  .map(readPage);

function page(path: string) {
  return readPage(path);
}

describe('links', () => {
  it.each(PAGES)('every link of $path leads to a file and a heading that are there', (from) => {
    const broken = localLinks(from).filter(({ file, anchor }) => {
      const path = file === '' ? from.path : normalize(join(dirname(from.path), file));
      if (!existsSync(`${ROOT}${path}`)) return true;
      return anchor !== '' && !anchorsOf(readPage(path)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('the README leads to every page in docs', () => {
    const linked = localLinks(page('README.md')).map(({ file }) => file);
    expect(PAGES.map(({ path }) => path).filter((path) => path.startsWith('docs/'))).toSatisfy(
      (paths: readonly string[]) => paths.length > 0 && paths.every((path) => linked.includes(path)),
    );
  });
});

/** What a YAML block says that it is, in its first line: the name of a file, and whether it is refused. */
function kindOf({ body }: CodeBlock): string {
  return /^# (.*)\n/.exec(body)?.[1] ?? 'nothing';
}

const YAML_BLOCKS = PAGES.flatMap(({ path, blocks }) =>
  blocks.flatMap((block, index) =>
    block.language === 'yaml'
      ? [{ path, kind: kindOf(block), body: block.body, next: blocks[index + 1]?.body ?? '' }]
      : [],
  ),
);

/** Writes a manifest into a directory of its own, with the module that its entrypoint names, and loads it. */
async function loadShown(text: string): Promise<LoadedManifest> {
  const directory = makeTemporaryDirectory();
  const [, runtime = 'node'] = /^runtime: (\w+)$/m.exec(text) ?? [];
  const [, module = 'main'] = /^entrypoint: ([\w./-]+)/m.exec(text) ?? [];
  await files.writeFile(`${directory}/spoke.yaml`, text);
  const ending = { node: '.mjs', python: '.py' }[runtime] ?? '';
  await files.writeFile(`${directory}/${module}${ending}`, '', { mode: 0o700 });
  return requireManifest({ files }, directory, HOME).catch((error: Error) => {
    throw new Error(error.message.replaceAll(`${directory}/`, ''));
  });
}

function parseShown(text: string) {
  return parseOverrides('permissions.yaml', text, { home: HOME, env: {} });
}

/** The message with which a file is refused. */
async function refusalOf(load: () => unknown): Promise<string> {
  try {
    await load();
    return 'it was not refused';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('YAML', () => {
  it('every block says which file it is of', () => {
    const known = [
      'yaml-language-server: $schema=file:///usr/lib/node_modules/axium/schemas/json/permissions.schema.json',
      'spoke.yaml',
      'permissions.yaml',
      'config.yaml',
      'policy.yaml',
      'actions.yaml',
      'envs.yaml',
      'spokes/todo/todo.yaml',
      'overrides/todo.yaml',
    ];
    const kinds = YAML_BLOCKS.map(({ kind }) => kind.replace(', refused', ''));
    expect(new Set(kinds)).toEqual(new Set(known));
  });

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'spoke.yaml'))(
    'a manifest in $path loads',
    async ({ body }) => {
      const { manifest, warnings } = await loadShown(body);
      expect(manifest.name).toBe(/^name: (.*)$/m.exec(body)?.[1]);
      expect(warnings).toEqual([]);
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'permissions.yaml'))(
    'overrides in $path load',
    ({ body }) => {
      const { layers, warnings } = parseShown(body);
      expect(layers.size).toBeGreaterThan(0);
      expect([...warnings.values()].flat()).toEqual([]);
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'policy.yaml'))(
    'a policy of the host in $path loads',
    ({ body }) => {
      const { ceilings, warnings } = parseHostPolicy('policy.yaml', body, HOME);
      expect([ceilings.size > 0, warnings]).toEqual([true, []]);
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'policy.yaml, refused'))(
    'a refused policy of the host in $path is refused in the words that follow it',
    async ({ body, next }) => {
      expect(await refusalOf(() => parseHostPolicy('policy.yaml', body, HOME))).toBe(next.trimEnd());
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'config.yaml'))(
    'a config.yaml in $path loads',
    async ({ body }) => {
      const file = `${makeTemporaryDirectory()}/config.yaml`;
      await files.writeFile(file, body);
      expect(await loadConfig({ files }, file)).toMatchObject({
        environment: 'prod',
        exec: { timeout: 600_000 },
      });
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'actions.yaml'))('a table in $path loads', ({ body }) => {
    expect(Object.keys(parseTable('actions.yaml', body).actions)).toEqual(['restart_service']);
  });
  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'envs.yaml'))(
    'an envs.yaml in $path loads',
    async ({ body }) => {
      const file = `${makeTemporaryDirectory()}/envs.yaml`;
      await files.writeFile(file, body);
      expect([...(await loadEnvironments({ files }, file)).keys()]).toEqual(['dev', 'prod']);
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'spoke.yaml, refused'))(
    'a refused manifest in $path is refused in the words that follow it',
    async ({ body, next }) => {
      expect(await refusalOf(() => loadShown(body))).toBe(next.trimEnd());
    },
  );

  it.each(YAML_BLOCKS.filter(({ kind }) => kind === 'permissions.yaml, refused'))(
    'refused overrides in $path are refused in the words that follow them',
    async ({ body, next }) => {
      expect(await refusalOf(() => parseShown(body))).toBe(next.trimEnd());
    },
  );
});

describe('docs/manifest.md', () => {
  it('names exactly the keys of a manifest', () => {
    expect(sorted(codesOfColumn(tableBelow(page('docs/manifest.md'), 'Keys'), 0))).toEqual(
      keysOf(manifestSchema),
    );
  });

  it('names exactly the permissions that there are', () => {
    const rows = tableBelow(page('docs/manifest.md'), 'Permissions');
    expect(sorted(codesOfColumn(rows, 0))).toEqual(keysOf(permissionBlockSchema));
  });
});

describe('docs/executor.md', () => {
  it('names exactly the keys of an action, the types of parameters and the codes', () => {
    const executor = page('docs/executor.md');
    const columnOf = (heading: string) => codesOfColumn(tableBelow(executor, heading), 0);
    expect(sorted(columnOf('Keys of an action'))).toEqual(keysOf(actionTableSchema.shape.actions.valueType));
    expect(columnOf('Types of parameters')).toEqual(['choice', 'integer', 'name', 'process']);
    expect(sorted(columnOf('Codes'))).toEqual(sorted([...EXECUTOR_CODES]));
  });
});

describe('docs/host-policy.md', () => {
  it('names exactly the keys of the policy', () => {
    expect(sorted(codesOfColumn(tableBelow(page('docs/host-policy.md'), 'Keys'), 0))).toEqual(
      keysOf(hostPolicySchema),
    );
  });
});

describe('docs/overrides.md', () => {
  const overrides = page('docs/overrides.md');

  it('names exactly the keys of a section', () => {
    expect(sorted(codesOfColumn(tableBelow(overrides, 'Keys'), 0))).toEqual(keysOf(overrideBlockSchema));
  });

  it('the worked example comes out as it says', async () => {
    const blocks = overrides.blocks.slice(
      overrides.blocks.findIndex((block) => kindOf(block) === 'spoke.yaml'),
    );
    const [manifest, permissions, shown] = blocks.map(({ body }) => body);
    const spoke = await loadShown(manifest ?? '');
    const policy = mergeLayers({
      spoke: 'creds',
      base: spoke.base,
      overrides: layersFor(parseShown(permissions ?? ''), 'creds'),
      open: true,
      guard: { neverWrite: [], home: HOME },
    });
    const permissionsFile = `${HOME}/.config/axium/permissions.yaml`;
    const told = spokePermissions({ spoke, policy, level: 'strong', permissionsFile, remarks: [] });
    expect(permissionsText(told, HOME)).toBe(shown);
  });
});

describe('docs/patterns.md', () => {
  const examples = tableBelow(page('docs/patterns.md'), 'Examples').map(([pattern, path, matches]) => ({
    pattern: codeOf(pattern),
    path: codeOf(path),
    matches,
  }));

  it.each(examples)('whether $pattern matches $path: $matches', ({ pattern, path, matches }) => {
    const compiled = compilePath(pattern, { home: HOME });
    expect('ok' in compiled && matchesText(compiled.ok, path) ? 'yes' : 'no').toBe(matches);
  });
});

describe('docs/exec.md', () => {
  const splits = tableBelow(page('docs/exec.md'), 'Words').map(([text, words]) => ({
    text: codeOf(text),
    words: codeOf(words),
  }));

  it.each(splits)('$text is split into $words', ({ text, words }) => {
    expect(JSON.stringify(splitCommand(text))).toBe(words);
  });

  const entries = tableBelow(page('docs/exec.md'), 'Which commands a spoke may run').map(
    ([entry, command, covered]) => ({ entry: codeOf(entry), command: codeOf(command), covered }),
  );

  it.each(entries)('whether the entry $entry covers $command: $covered', ({ entry, command, covered }) => {
    const compiled = compileCommand(entry);
    const argv = splitCommand(command);
    const [program = ''] = argv;
    // The lookup finds programs in /usr/bin under their bare names.
    const names = program.startsWith('/usr/bin/') ? [program, program.slice('/usr/bin/'.length)] : [program];
    const covers = 'ok' in compiled && matchesCommand(compiled.ok, { kind: 'command', argv, names });
    expect(covers ? 'yes' : 'no').toBe(covered);
  });
});

describe('docs/config.md', () => {
  const config = page('docs/config.md');

  it('names exactly the keys of config.yaml', () => {
    expect(sorted(codesOfColumn(tableBelow(config, 'Keys'), 0))).toEqual(leavesOf(configSchema, ''));
  });

  it('the worked example comes out as it says', () => {
    const shown = (kind: string) => {
      const body = config.blocks.find((block) => kindOf(block) === kind)?.body ?? '';
      return parseConfigValues(kind, Buffer.from(body));
    };
    const base = expandValues(shown('spokes/todo/todo.yaml'), HOME, { USER: 'ada' });
    const over = expandValues(shown('overrides/todo.yaml'), HOME, { USER: 'ada', EDITOR: 'vim' });
    const result = config.blocks.find(({ language }) => language === 'json')?.body ?? '';
    expect(activeValues(deepMerge(base, over), 'prod')).toEqual(JSON.parse(result));
  });
});

describe('docs/wire.md', () => {
  const wire = page('docs/wire.md');

  it('the codes are those of the schema, with their sentences', () => {
    const rows = tableBelow(wire, 'Codes').map(([code, meaning]) => [codeIn(code)[0], meaning]);
    expect(Object.fromEntries(rows)).toEqual(CODES);
  });

  it('every request of a spoke has a row with exactly its fields', () => {
    expect(fieldsShown('Requests of a spoke')).toEqual(fieldsOf(REQUESTS, ['id', 'cmd', 'spoke']));
  });

  it('every request of the control socket has a row with exactly its fields', () => {
    expect(fieldsShown('The control socket')).toEqual(fieldsOf(CONTROL_REQUESTS, ['id', 'cmd']));
  });

  it('every request of the control socket has a row with its tier', () => {
    const rows = tableBelow(wire, 'The control socket');
    expect(Object.fromEntries(rows.map(([cmd, , , tier]) => [codeOf(cmd), codeOf(tier)]))).toEqual(
      CONTROL_TIERS,
    );
  });

  it('every limit of the wire is told', () => {
    const { heavyInFlight, ...limits } = CHANNEL_LIMITS;
    const numbers = [...Object.values(WIRE), ...Object.values(limits)].filter(
      (limit) => limit !== WIRE.maxWords,
    );
    const words = [WIRE.maxWords, WIRE.maxCommand];
    const told = (path: string, wanted: readonly number[]) =>
      wanted.filter((limit) => !new RegExp(`\\b${limit.toLocaleString('en')}\\b`).test(page(path).text));
    expect(
      told(
        'docs/wire.md',
        numbers.filter((limit) => limit !== WIRE.maxCommand),
      ),
    ).toEqual([]);
    expect(told('docs/exec.md', words)).toEqual([]);
    expect(wire.text).toContain(`of which ${heavyInFlight} of`);
  });

  function fieldsShown(heading: string): Record<string, readonly string[]> {
    const rows = tableBelow(wire, heading);
    return Object.fromEntries(rows.map(([cmd, fields]) => [codeIn(cmd)[0], sorted(codeIn(fields))]));
  }
});

describe('docs/security-log.md', () => {
  const log = page('docs/security-log.md');
  const shapes = new Map(
    auditRecordSchema.options.map((option) => [option.shape.type.value, keysOf(option)]),
  );
  const common = sorted(codesOfColumn(tableBelow(log, 'audit.jsonl'), 0));

  it.each([...shapes])('a record of the type %s has exactly the fields that are told', (type, keys) => {
    expect(sorted([...common, ...codesOfColumn(tableBelow(log, type), 0)])).toEqual(keys);
  });

  it('every event that the daemon records has a row, and no other', () => {
    expect(sorted(codesOfColumn(tableBelow(log, 'Events'), 0))).toEqual(recordedEvents());
  });

  it('every line that is shown is read by the expression that is shown', () => {
    const blocks = log.blocks.map(({ body }) => body.trimEnd());
    const expression = new RegExp(blocks.find((body) => body.startsWith('^')) ?? '');
    const lines = blocks.filter((body) => body.startsWith('[SECURITY]')).flatMap((body) => body.split('\n'));
    expect(lines.map((line) => expression.exec(line)?.[5])).toEqual([
      'false',
      'false',
      'false',
      'true',
      'false',
    ]);
  });
});

describe('docs/cli.md', () => {
  const cli = page('docs/cli.md');

  it('names exactly the commands that there are', () => {
    const rows = tableBelow(cli, 'The command axium');
    expect(sorted(rows.map(([usage]) => codeIn(usage)[0] ?? ''))).toEqual(
      sorted(COMMANDS.map(({ usage }) => usage)),
    );
  });

  it('and the pages beside it tell of every option that there is', () => {
    const pages = PAGES.filter(({ path }) => path !== 'CHANGELOG.md').map(({ text }) => text);
    const told = new Set(pages.join('\n').match(/(?<![\w-])--?[a-z][a-z-]*/g));
    const flags = COMMANDS.flatMap(({ usage, options = [] }) =>
      options.map((option) => ({ usage, names: option.flags.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [] })),
    );
    expect(flags.filter(({ names }) => !names.some((name) => told.has(name)))).toEqual([]);
  });

  it('names exactly the exit codes that there are', () => {
    const rows = tableBelow(cli, 'Exit codes');
    expect(rows.map(([code]) => Number(code))).toEqual(Object.values(EXIT));
  });
});

function codeOf(cell: string | undefined): string {
  return codeIn(cell)[0] ?? '';
}

function sorted(words: readonly string[]): readonly string[] {
  return [...words].sort();
}

/** The events of the security log, as the code of the daemon names them where it records them. */
function recordedEvents(): readonly string[] {
  const named = readdirSync(`${ROOT}core`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('executor/'))
    .map((name) => readFileSync(`${ROOT}core/${name}`, 'utf8'))
    .flatMap((code) => [
      ...code.matchAll(/(?:[rR]ecordEvent|onEvent|#find)\(\s*([^)]*?'[a-z]+(?:_[a-z]+)+')/g),
      ...code.matchAll(/type: 'event', event: ('[a-z_]+')/g),
    ])
    .flatMap(([, names = '']) => [...names.matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map(([, name = '']) => name));
  return sorted([...new Set([...named, ...STATES.filter(isTold).map((state) => `spoke_${state}`)])]);
}

function keysOf(schema: z.ZodObject): readonly string[] {
  return sorted(Object.keys(schema.shape));
}

/** The dotted paths of a schema's keys that hold no further keys with names of their own. */
function leavesOf(schema: unknown, prefix: string): readonly string[] {
  const shape = shapeOf(schema);
  if (shape === null) return [prefix];
  return sorted(
    Object.entries(shape).flatMap(([key, inner]) =>
      leavesOf(inner, prefix === '' ? key : `${prefix}.${key}`),
    ),
  );
}

function shapeOf(schema: unknown): Record<string, unknown> | null {
  const definition = (schema as z.ZodType)._zod.def as {
    shape?: Record<string, unknown>;
    innerType?: unknown;
  };
  if (definition.innerType !== undefined) return shapeOf(definition.innerType);
  return definition.shape ?? null;
}

/** For each request the names of its fields beside the shared ones, with `?` where it can be left out. */
function fieldsOf(requests: Readonly<Record<string, z.ZodObject>>, shared: readonly string[]) {
  return Object.fromEntries(
    Object.entries(requests).map(([cmd, { shape }]) => {
      const own = Object.entries(shape).filter(([field]) => !shared.includes(field));
      const names = own.map(([field, schema]) => {
        const optional = (schema as z.ZodType).safeParse(undefined).success;
        return optional ? `${field}?` : field;
      });
      return [cmd, sorted(names)];
    }),
  );
}

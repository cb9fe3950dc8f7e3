import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { compileCommand, matchesCommand } from '../../../core/policy/match-command.ts';
import { compilePath, matchesText } from '../../../core/policy/match-path.ts';
import { manifestSchema } from '../../../schemas/manifest.ts';
import type { Answer, Answering, Line } from './spoke-process.ts';

const HOME = '/home/somebody';

export interface SmallHome {
  /** Text by path, as a spoke asks for it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: unknown;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** What a command comes to, by its words; null where there is no such program. */
  readonly run?: (argv: readonly string[]) => Readonly<Record<string, unknown>> | null;
  /** What was stored by an earlier run. */
  readonly storage?: Map<string, string>;
  /** Commands and paths that are answered with this code, whatever the manifest says. */
  readonly refused?: Readonly<Record<string, string>>;
}

/** The module of a bundled spoke. */
export function bundledModule(spoke: string): string {
  return new URL(`../../../spokes/${spoke}/main.mjs`, import.meta.url).href;
}

/**
 * Answers a bundled spoke as the daemon does, in a home that the test describes: what its own spoke.yaml does not allow
 * is denied, by the patterns and matchers of the policy.
 */
export function smallDaemon(spoke: string, home: SmallHome): Answering {
  const file = new URL(`../../../spokes/${spoke}/spoke.yaml`, import.meta.url);
  const { name, permissions } = manifestSchema.parse(parse(readFileSync(file, 'utf8')));
  const storage = home.storage ?? new Map<string, string>();
  const readable = (path: string) =>
    (permissions.fs_read ?? []).some((entry) => {
      const compiled = compilePath(String(entry), { home: HOME });
      return 'ok' in compiled && matchesText(compiled.ok, path.replace(/^~/, HOME));
    });
  const runnable = (argv: readonly string[]) =>
    Array.isArray(permissions.exec) &&
    permissions.exec.some((entry) => {
      const compiled = compileCommand(String(entry));
      return (
        'ok' in compiled && matchesCommand(compiled.ok, { kind: 'command', argv, names: [argv[0] ?? ''] })
      );
    });

  const answers: Readonly<Record<string, (request: Line) => Answer>> = {
    notify: () => (permissions.notify ? { ok: true, notification: 'n' } : denied('notify')),
    daemon_exec({ command, mode }) {
      if (typeof command === 'string' && command.includes('|')) return refusal('invalid', 'an operator');
      const argv = typeof command === 'string' ? command.split(' ') : (command as string[]);
      if (!runnable(argv)) return denied('exec');
      const finished = {
        code: 0,
        signal: null,
        stdout: 'Linux\n',
        stderr: '',
        timed_out: false,
        truncated: false,
        ...home.run?.(argv),
      };
      if (home.run?.(argv) === null) return refusal('not_found', `there is no program '${argv[0]}' here`);
      return { ok: true, job: 'j', ...(mode === 'wait' ? finished : {}) };
    },
    fs_read({ path, offset }) {
      const asked = String(path);
      if (asked.split('/').includes('..')) return refusal('invalid', "expected no '..'");
      if (!readable(asked)) return denied('fs_read');
      const text = home.files?.[asked];
      if (text === undefined) return refusal('not_found', 'there is no such file');
      const data = Buffer.from(text);
      return { ok: true, data, encoding: 'bytes', size: data.length, offset, eof: true };
    },
    fs_write: () => denied('fs_write'),
    hud_segment_value: () => ({ ok: true }),
    // What came with a bundled spoke it may read without an entry.
    get_config: ({ key }) => ({ ok: true, value: configAt(home.config ?? {}, key) }),
    command_register: () => ({ ok: true }),
    command_done: () => ({ ok: true }),
    facts: () => (permissions.facts ? { ok: true, ...home.facts } : denied('facts')),
    storage_get: ({ key }) => ({ ok: true, value: storage.get(String(key)) ?? null }),
    storage_put({ key, value }) {
      storage.set(String(key), String(value));
      return { ok: true };
    },
  };
  return (request) => {
    const code = home.refused?.[request.cmd] ?? home.refused?.[String(request.path)];
    if (code !== undefined) return refusal(code, 'as the test wants it');
    if (request.spoke !== undefined && request.spoke !== name)
      return refusal('identity', `expected '${name}'`);
    return answers[request.cmd]?.(request) ?? refusal('unknown_command', 'there is no such command');
  };
}

function denied(action: string): Answer {
  return refusal('denied', `${action} is denied:\n no rule allows it`);
}

function refusal(code: string, error: string): Answer {
  return { ok: false, code, error };
}

function configAt(config: unknown, key: unknown): unknown {
  return typeof key === 'string' ? ((config as Record<string, unknown>)[key] ?? null) : config;
}

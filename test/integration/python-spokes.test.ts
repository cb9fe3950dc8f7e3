import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeValue } from '../../core/portals/stored-value.ts';
import { readPage } from '../docs/markdown.ts';
import { missingProgram } from '../scenarios/support/levels.ts';
import { writeSpoke } from '../support/spoke-directory.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** The functions of the original description, as they stand there, below its imports. */
const DESCRIBED = `from axium.core.ipc import send_request_sync
from axium.core.config import load_spoke_config

def send_notification(title: str, body: str):
    """Send notification via daemon (requires notify permission)."""
    try:
        resp = send_request_sync({
            "cmd": "notify",
            "spoke": "creds",
            "title": title,
            "body": body,
            "level": "info"
        })
        return resp.get("ok", False)
    except Exception:
        return False

def request_daemon_exec(command: str) -> bool:
    """Request daemon to run command in background (requires exec permission)."""
    try:
        resp = send_request_sync({
            "cmd": "daemon_exec",
            "spoke": "creds",
            "command": command,
            "mode": "background"
        })
        return resp.get("ok", False)
    except Exception:
        return False

def update_hud_segment(value: str):
    """Update spoke's HUD segment (no special permission needed)."""
    try:
        send_request_sync({
            "cmd": "hud_segment_value",
            "spoke": "creds",
            "value": value  # e.g., "[creds:Y]" or ""
        })
    except Exception:
        pass  # Non-fatal
`;

const CREDS = `${DESCRIBED}
import logging
logger = logging.getLogger("creds")

def register(axium, events):
    import json
    answers = []
    answers.append(send_notification("Credentials expired", "Run: aws sso login"))
    if request_daemon_exec("/bin/true"):
        print("✓ Refresh started in background")
    command = "aws sso login"
    if not request_daemon_exec(command):
        logger.warning("Could not refresh credentials (exec permission denied)")
    update_hud_segment("[creds:Y]")
    answers.append(load_spoke_config("creds", "creds.yaml"))
    for spoke, name in (("creds", "other.yaml"), ("aws", "aws.yaml")):
        try:
            load_spoke_config(spoke, name)
        except Exception as error:
            answers.append([error.code, str(error)])
    answers.append(axium.read("~/notes.txt"))
    answers.append(axium.write("~/out/made.txt", "grüß"))
    try:
        axium.read("~/secret.txt")
    except Exception as error:
        answers.append(error.code)
    axium.storage.put("last", "1")
    answers.append([axium.storage.get("last"), axium.storage.list()])
    answers.append(axium.exec(["/bin/echo", "hi"], wait=True)["stdout"])
    answers.append(axium.spoke)
    answers.append([sorted(each["name"] for each in axium.list("~")), axium.stat("~/notes.txt")["size"]])
    axium.command("say", lambda words: "+".join(words), "Joins words")
    pieces = []
    ended = axium.exec(["/bin/echo", "hi"], output=lambda stream, text: pieces.append([stream, text]))
    answers.append([pieces, ended["code"]])
    try:
        axium.privileged("restart_service", {"unit": "nginx.service"})
    except Exception as error:
        answers.append([error.code, error.entry])
    axium.watch("~/notes.txt", lambda names: axium.storage.put("changed", json.dumps(names)))
    axium.command("fail", lambda words: axium.read("~/secret.txt"))
    events.on("env_change", lambda new, old: axium.storage.put("env", f"{old}>{new} {axium.environment()}"))
    events.on("shutdown", lambda: axium.write("~/out/ended.txt", "bye"))
    axium.every(0.1, lambda: axium.storage.put("ticks", "yes"))
    axium.storage.put("answers", json.dumps(answers))
`;

const CREDS_RIGHTS = (config: string) => `permissions:
  exec: [/bin/true, /bin/echo hi]
  notify: true
  fs_read: [~/notes.txt, ${config}]
  fs_write: [~/out/*]
`;

/** Spokes that do not start, each with the place and the words that its author is to read. */
const MISTAKES: readonly (readonly [name: string, code: string, says: RegExp])[] = [
  [
    'syntax',
    'def register(axium):\n    return (\n',
    /syntax\/main\.py:2:\d+: SyntaxError: '\(' was never closed/,
  ],
  [
    'export',
    'def regster(axium): pass\n',
    /export\/main\.py: expected a function 'register', found the functions regster; define it/,
  ],
  [
    'raises',
    'def register(axium):\n    inner()\ndef inner():\n    {}["nothing"]\n',
    /raises\/main\.py:4: KeyError: 'nothing'/,
  ],
  [
    'undeclared',
    'def register(axium):\n    axium.notify("hello")\n',
    /undeclared\/main\.py:2: AxiumFailure: notify is denied: .*notify: true \(denied\); catch it to go on without/,
  ],
  [
    'package',
    'import requests_of_nobody\ndef register(): pass\n',
    /package\/main\.py:1: ModuleNotFoundError: .*; a spoke can import its own files/,
  ],
  ['coroutine', 'async def register(axium): pass\n', /expected a function 'register' without async/],
];

let home: AxiumHome;
let daemon: HostedDaemon;
let answers: readonly unknown[];

beforeAll(async () => {
  home = await makeAxiumHome();
  await home.put('notes.txt', 'one\n');
  await home.put('secret.txt', 'hunter2\n');
  const spokes = home.places.spokesDirectory;
  const python = (name: string, rights: string, code: string) =>
    writeSpoke(spokes, name, {
      'spoke.yaml': `name: ${name}\nruntime: python\nentrypoint: main:register\n${rights}`,
      'main.py': code,
    });
  await python('creds', CREDS_RIGHTS(`${spokes}/creds/creds.yaml`), CREDS);
  await writeFile(`${spokes}/creds/creds.yaml`, 'profile: prod\n');
  for (const [name, code] of MISTAKES) await python(name, '', code);
  const { blocks } = readPage('docs/languages.md');
  const shown = (kind: string) => blocks.find(({ body }) => body.startsWith(kind))?.body ?? '';
  await writeSpoke(spokes, 'shell', {
    'spoke.yaml': shown('# spoke.yaml\nname: shell'),
    'main.sh': shown('#!/bin/sh'),
  });
  await chmod(`${spokes}/shell/main.sh`, 0o700);
  await writeSpoke(spokes, 'backups', {
    'spoke.yaml': shown('# spoke.yaml\nname: backups'),
    'main.py': shown('from axium import AxiumFailure'),
  });
  await writeFile(`${home.places.spokesDirectory}/../envs.yaml`, 'prod: {}\n');
  daemon = await hostDaemon(home);
  if (missingProgram('python') === null) answers = await daemon.answersOf('creds');
}, 30_000);

afterAll(async () => {
  await daemon?.end();
  await home.remove();
});

const missing = missingProgram('python');

/** What the spoke has stored under a key, once it has. */
async function stored(key: string): Promise<string> {
  const decided = await daemon.record((entry) => entry.type === 'decision' && entry.resource === key);
  const { request } = decided as Extract<typeof decided, { type: 'decision' }>;
  await daemon.record((entry) => entry.type === 'outcome' && entry.request === request);
  return decodeValue(await readFile(`${home.places.storage}/creds/${key}.value`)) ?? '';
}

describe.skipIf(missing !== null)('a spoke in Python', () => {
  test('runs the functions of the description as they stand', async () => {
    const lines = (await home.securityLines()).filter((line) => line.includes('spoke=creds '));
    expect(lines.slice(0, 4)).toEqual([
      '[SECURITY] spoke=creds action=notify allowed=true detail=None via_override=false',
      '[SECURITY] spoke=creds action=exec allowed=true detail=/bin/true via_override=false',
      '[SECURITY] spoke=creds action=exec allowed=false detail=aws sso login via_override=false',
      '[SECURITY] spoke=creds action=hud allowed=true detail=None via_override=false',
    ]);
    expect((await runCli(home, ['hud'])).stdout).toContain('[creds:Y]');
    const { stdout } = await runCli(home, ['spoke', 'logs', 'creds']);
    expect(stdout).toContain('✓ Refresh started in background');
    expect(stdout).toContain('Could not refresh credentials (exec permission denied)');
  });

  test('gets what it may have by its typed calls, and what it may not as an error with a code', () => {
    expect(answers).toEqual([
      true,
      { profile: 'prod' },
      ['invalid', "expected the file 'creds.yaml', found 'other.yaml'; read others with fs_read"],
      ['identity', "spoke: expected 'creds', whose channel this is, or nothing"],
      'one\n',
      6,
      'denied',
      ['1', ['last']],
      'hi\n',
      'creds',
      [['notes.txt'], 4],
      [[['stdout', 'hi\n']], 0],
      ['denied', 'privileged: [restart_service]'],
    ]);
  });

  test('hears of a change of what it watches', async () => {
    await home.put('notes.txt', 'one\n');
    expect(await stored('changed')).toMatch(/notes\.txt|null/);
  });

  test('offers commands to a person', async () => {
    expect(await runCli(home, ['creds', 'say', 'a', 'b'])).toEqual({ code: 0, stdout: 'a+b\n', stderr: '' });
    expect(await runCli(home, ['creds', 'fail'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/secret.txt is denied; an entry that would allow it'),
    });
  });

  test('hears of another environment', async () => {
    expect((await runCli(home, ['env', 'set', 'prod'])).stderr).toBe('');
    expect(await stored('env')).toBe('None>prod prod');
  });

  test('has its timers called, and winds up when it is to end', async () => {
    expect(await stored('ticks')).toBe('yes');
    await runCli(home, ['spoke', 'reload', 'creds']);
    await daemon.record((entry) => entry.type === 'event' && entry.event === 'spoke_stopped');
    expect(await readFile(`${home.home}/out/ended.txt`, 'utf8')).toBe('bye');
  });

  test.each(MISTAKES)(
    'that has the mistake %s does not start, and its author reads where and why',
    async (name, _, says) => {
      const failed = await daemon.record(
        (entry) => entry.type === 'event' && entry.event === 'spoke_failed' && entry.spoke === name,
      );
      expect(failed).toMatchObject({ detail: { reason: expect.stringMatching(says) } });
    },
  );

  test('of the documentation shows its segment', async () => {
    await daemon.record(
      (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'backups',
    );
    expect((await runCli(home, ['hud'])).stdout).toContain('[backup:not_found]');
  });
});

test('a program that speaks the wire by itself is a spoke', async () => {
  await daemon.record(
    (entry) => entry.type === 'event' && entry.event === 'spoke_ready' && entry.spoke === 'shell',
  );
  expect((await runCli(home, ['hud'])).stdout).toContain('[shell]');
  expect((await runCli(home, ['notify', 'drain', '--peek'])).stdout).toContain(
    'shell: A spoke of fifteen lines of shell',
  );
});

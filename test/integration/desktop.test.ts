import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPeerLookup } from '../../core/control/peer.ts';
import type { PendingApproval } from '../../schemas/approvals.ts';
import { createPowers } from '../support/powers.ts';
import { type AxiumHome, makeAxiumHome } from './support/axium-home.ts';
import { type HostedDaemon, hostDaemon, runCli } from './support/hosted-daemon.ts';

/** The real notify-send, on a bus of the test with a desktop that shows nothing and tells of everything. */
const DESKTOP = fileURLToPath(new URL('support/desktop.py', import.meta.url));
const [NOTIFY_SEND, BUS, PYTHON] = ['/usr/bin/notify-send', '/usr/bin/dbus-daemon', '/usr/bin/python3'];
const missing = [NOTIFY_SEND, BUS, PYTHON, '/usr/lib/python3/dist-packages/gi/__init__.py'].find(
  (path) => !existsSync(path),
);
const lacking =
  missing === undefined
    ? (await loadPeerLookup(createPowers().filesNow)) === null && 'koffi does not run here'
    : `${missing} is not installed`;

test.runIf(lacking)('the desktop', ({ skip }) => skip(String(lacking)));

/** What the desktop tells of a notification. */
interface Told {
  readonly event: 'ready' | 'shown' | 'taken away' | 'left';
  readonly id: number;
  readonly [field: string]: unknown;
}

describe.skipIf(lacking)('a question on the desktop', () => {
  let home: AxiumHome;
  let daemon: HostedDaemon;
  let desktop: ChildProcess;
  /** The next that is told of this kind. */
  let told: (event: Told['event']) => Promise<Told>;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    home = await makeAxiumHome();
    const address = `unix:path=${home.root}/bus`;
    writeFileSync(`${home.root}/bus.conf`, busConfig(address));
    const bus = spawn(BUS, [`--config-file=${home.root}/bus.conf`, '--nofork', '--print-address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.push(bus);
    await once(bus.stdout as Readable, 'data');
    const env = { DBUS_SESSION_BUS_ADDRESS: address, DISPLAY: ':0' };
    desktop = spawn(PYTHON, [DESKTOP], { stdio: ['pipe', 'pipe', 'inherit'], env });
    running.push(desktop);
    const lines = createInterface({ input: desktop.stdout as Readable })[Symbol.asyncIterator]();
    told = async (event) => {
      for (;;) {
        const next = JSON.parse((await lines.next()).value ?? '') as Told;
        if (next.event === event) return next;
      }
    };
    await told('ready');
    daemon = await hostDaemon(home, env);
  });
  afterAll(async () => {
    await daemon?.end();
    for (const child of running.reverse()) {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      await gone;
    }
    await home?.remove();
  });

  const press = (id: number, action: string) => desktop.stdin?.write(`press ${id} ${action}\n`);
  const close = (id: number) => desktop.stdin?.write(`close ${id}\n`);
  const waiting = async () => (await daemon.ask({ cmd: 'approvals' })).approvals as PendingApproval[];

  test('is shown as what it is, with its time and a no to press, which rejects it', async () => {
    // To notify-send a backslash is more than that: these would become lines, and characters that turn the text around.
    const words = ['<b>bold</b>&amp;\u202e\n\u001b[8m', 'ls\\naxium approve \\342\\200\\256'];
    const ran = runCli(home, ['exec', '--', 'printf', ...words]);
    const { id, ...shown } = await told('shown');
    const [question] = await waiting();
    expect(shown).toEqual({
      event: 'shown',
      app: 'Axium',
      summary: `user:${process.getuid?.()} asks for exec`,
      body: [
        String.raw`/usr/bin/printf '&lt;b&gt;bold&lt;/b&gt;&amp;amp;\u202e\n\u001b[8m' 'ls\\naxium approve \\342\\200\\256'`,
        `axium approve ${question?.id}`,
      ].join('\n'),
      actions: ['no', 'Reject'],
      urgency: 2,
      expires: expect.any(Number),
    });
    const left = Date.parse(question?.expires ?? '') - Date.parse(question?.asked ?? '');
    expect(shown.expires).toBeGreaterThan(0);
    expect(shown.expires).toBeLessThanOrEqual(left);
    press(id, 'no');
    expect(await ran).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/axium: exec: rejected on the desktop\n$/),
    });
    const rejected = await daemon.record(
      (record) => record.type === 'event' && record.event === 'approval_rejected',
    );
    expect(rejected).toMatchObject({ detail: { id: question?.id, by: 'the desktop' } });
  });

  test('is not answered by closing it, nor by anything else that is said there, and never with a yes', async () => {
    for (const answer of [
      close,
      ...['yes', 'once', 'default'].map((action) => (id: number) => press(id, action)),
    ]) {
      const ran = runCli(home, ['exec', '--', 'printf', 'ran']);
      answer((await told('shown')).id);
      await told('left');
      const [question] = await waiting();
      await runCli(home, ['reject', question?.id ?? '', '--reason', 'by hand']);
      expect(await ran).toMatchObject({ code: 77, stdout: '', stderr: expect.stringContaining('by hand') });
    }
  });

  test('is taken away there once it was answered elsewhere', async () => {
    const ran = runCli(home, ['exec', '--', 'printf', 'ran']);
    const { id } = await told('shown');
    const [question] = await waiting();
    await runCli(home, ['reject', question?.id ?? '']);
    expect(await told('taken away')).toMatchObject({ id });
    expect(await ran).toMatchObject({ code: 77 });
  });
});

function busConfig(address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { desktopNotices } from '../../core/approvals/desktop.ts';
import type { PendingApproval } from '../../schemas/approvals.ts';
import { createPowers } from '../support/powers.ts';

const DESKTOP = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere', DISPLAY: ':0', SECRET: 'x' };
const QUESTION: PendingApproval = {
  ...{ id: 'a'.repeat(32), principal: 'spoke:creds', action: 'exec', what: "/usr/bin/echo '<b>&amp;\\n'" },
  ...{
    cwd: null,
    why: '',
    origin: null,
    waiting: 1,
    grantPattern: null,
    alwaysPattern: null,
    alwaysDestructive: false,
  },
  asked: '2030-01-01T00:00:00.000Z',
  expires: '2030-01-01T00:05:00.000Z',
};

/** A desktop whose program is a shell script, and what was started and answered. */
function makeDesktop(script: string, env: Record<string, string> = DESKTOP, wanted = true) {
  const started: { readonly words: readonly string[]; readonly env: object; readonly child: ChildProcess }[] =
    [];
  const answers: string[] = [];
  let began = () => {};
  const first = new Promise<void>((resolve) => {
    began = resolve;
  });
  const real = createPowers();
  const powers = createPowers({
    env,
    files: { ...real.files, stat: async () => ({ uid: 0, mode: 0o100755 }) } as unknown as typeof real.files,
    spawn: (program, words, options) => {
      const child = spawn('/bin/sh', ['-c', script], options);
      onTestFinished(() => void child.kill('SIGKILL'));
      started.push({ words: [program, ...words], env: options.env ?? {}, child });
      began();
      return child;
    },
  });
  const desktop = desktopNotices(powers, { wanted: () => wanted, onNo: (id) => answers.push(id) });
  return { desktop, started, answers, first };
}

test('a question is shown with its time, without markup, and with a no alone to be said', async () => {
  const { desktop, started, answers, first } = makeDesktop('echo no');
  desktop.show([QUESTION]);
  await first;
  expect(started.map(({ words }) => words)).toEqual([
    [
      ...['/usr/bin/notify-send', '--app-name=Axium', '--urgency=critical', '--expire-time=300000'],
      ...['--action=no=Reject', '--', 'spoke:creds asks for exec'],
      `/usr/bin/echo '&lt;b&gt;&amp;amp;\\\\n'\naxium approve ${QUESTION.id}`,
    ],
  ]);
  const { SECRET: _secret, ...handed } = DESKTOP;
  expect(started[0]?.env).toEqual(handed);
  await once(started[0]?.child as ChildProcess, 'close');
  expect(answers).toEqual([QUESTION.id]);
});

test.each(['yes', 'once', 'no thanks', ''])('%j is no answer', async (said) => {
  const { desktop, started, answers, first } = makeDesktop(`echo '${said}'`);
  desktop.show([QUESTION]);
  await first;
  await once(started[0]?.child as ChildProcess, 'close');
  expect(answers).toEqual([]);
});

test('a question that waits no more is taken away, and a no that comes then is none', async () => {
  const { desktop, started, answers, first } = makeDesktop(
    "trap 'echo no; exit' INT; echo; while :; do sleep 0.05; done",
  );
  desktop.show([QUESTION]);
  await first;
  const child = started[0]?.child as ChildProcess;
  const closed = once(child, 'close');
  // Its trap is set once it has said something.
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  desktop.show([]);
  await closed;
  expect(answers).toEqual([]);
});

test.each([
  ['there is no desktop', {}, true],
  ['there is a bus and no display', { DBUS_SESSION_BUS_ADDRESS: 'x' }, true],
  ['the configuration does not want it', DESKTOP, false],
])('nothing is shown where %s', async (_where, env, wanted) => {
  const { desktop, started } = makeDesktop('echo no', env, wanted);
  desktop.show([QUESTION]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual([]);
});

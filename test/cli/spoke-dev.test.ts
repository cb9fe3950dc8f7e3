import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { writeSpoke } from '../support/spoke-directory.ts';
import { makeWorld, PACKAGE, type World } from './support/cli.ts';

/** The dev loop on a directory. `until` settles with what was printed since it was last asked, once that fits. */
async function develop({ env, home }: World, directory: string) {
  const scratch = `${home}/tmp`;
  await mkdir(scratch, { mode: 0o700 });
  const words = [`${PACKAGE}/dist/cli/axium.cjs`, 'spoke', 'dev', directory, '--require', 'none'];
  const child = spawn(process.execPath, words, {
    env: { ...env, TMPDIR: scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  let seen = '';
  let notice = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      seen += more;
      notice();
    });
  }
  return {
    child,
    left: () => readdirSync(scratch).filter((name) => name.startsWith('axium-dev-')),
    until: (fits: RegExp) =>
      new Promise<string>((resolve) => {
        notice = () => {
          if (!fits.test(seen)) return;
          const text = seen;
          seen = '';
          resolve(text);
        };
        notice();
      }),
  };
}

// Four starts of a spoke and two of a daemon, one after the other.
test('the dev loop shows each request with its decision and the fix, follows every save, and leaves nothing', {
  timeout: 60_000,
}, async () => {
  const world = await makeWorld();
  const manifest = (rights: string) =>
    `name: x\nversion: 1.0.0\nentrypoint: main:register\npermissions:\n  ${rights}\n`;
  const directory = writeSpoke(world.home, 'x', {
    'spoke.yaml': manifest('facts: true'),
    'main.ts':
      "import { say } from './lib/say.ts';\nexport async function register(axium: any) {\n  await axium.facts();\n  await say(axium);\n}\n",
    'lib/say.ts':
      "export const say = (axium: any): Promise<void> => axium.notify({ title: 'hi' }).catch(({ message }: Error) => console.log(message));\n",
  });
  await rm(`${directory}/main.mjs`);
  const dev = await develop(world, directory);
  const first = await dev.until(/x 1\.0\.0 ready \(\w+\)/);
  expect(first).toContain(`watching ~/x; end it with ctrl-c\n`);
  expect(first).toMatch(/\] x allowed facts: allowed by facts: true \(~\/x\/spoke\.yaml:5:10\)\n/);
  expect(first).toMatch(
    /\] x denied {2}notify: no rule allows it\n {2}to allow it, in spoke\.yaml under permissions: notify: true\n/,
  );

  await writeFile(`${directory}/spoke.yaml`, manifest('{facts: true, notify: true}'));
  expect(await dev.until(/allowed notify.*ready/s)).toMatch(/x allowed notify: allowed by notify: true/);

  await writeFile(
    `${directory}/lib/say.ts`,
    'export const say = () => {\n  throw new Error("broken");\n};\n',
  );
  expect(await dev.until(/failed:.*\n/)).toMatch(/x failed: \/\S+\/x\/lib\/say\.ts:2:9: Error: broken\n/);

  await writeFile(`${directory}/spoke.yaml`, manifest('notfiy: true'));
  expect(await dev.until(/did you mean/)).toMatch(
    /^axium: .*\/x\/spoke\.yaml:5:3: unknown key 'notfiy'; did you mean 'notify'\?/m,
  );

  await writeFile(`${directory}/spoke.yaml`, 'name: x\nentrypoint: main:regster\n');
  expect(await dev.until(/expected an exported function.*\n/)).toMatch(
    /^axium: .*\n {2}spoke\.yaml:2:13: expected an exported function 'regster' in main\.ts, found the exports 'register'; export it/m,
  );

  expect(dev.left()).toHaveLength(1);
  dev.child.kill('SIGINT');
  expect((await once(dev.child, 'exit'))[0]).toBe(0);
  expect(dev.left()).toEqual([]);
});

test('the dev loop that is interrupted more than once leaves nothing either', {
  timeout: 60_000,
}, async () => {
  const world = await makeWorld();
  const directory = writeSpoke(world.home, 'x', {
    'spoke.yaml': 'name: x\nentrypoint: main:register\n',
    'main.mjs': 'export function register() {}\n',
  });
  const dev = await develop(world, directory);
  await dev.until(/x 0\.0\.0 ready/);
  const daemon = Number(readFileSync(`/proc/${dev.child.pid}/task/${dev.child.pid}/children`, 'utf8').trim());
  const closed = once(dev.child, 'close');
  // So that it is still being ended when the next signal comes.
  process.kill(daemon, 'SIGSTOP');
  // Where the rest fails, the end of the loop still ends it.
  onTestFinished(() => void (isThere(daemon) && process.kill(daemon, 'SIGCONT')));
  dev.child.kill('SIGINT');
  await vi.waitFor(() => expect(isAskedToEnd(daemon)).toBe(true), 10_000);
  dev.child.kill('SIGINT');
  dev.child.kill('SIGTERM');
  process.kill(daemon, 'SIGCONT');
  expect(await closed).toEqual([0, null]);
  expect(isThere(daemon)).toBe(false);
  expect(dev.left()).toEqual([]);
});

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Whether a SIGTERM waits for a process. */
function isAskedToEnd(pid: number): boolean {
  const [, pending = '0'] =
    /^ShdPnd:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (BigInt(`0x${pending}`) & (1n << 14n)) !== 0n;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dataSize, limiter } from '../../core/sandbox/memory-limit.ts';
import { loadSetLimit } from '../../core/sandbox/set-limit.ts';
import { realPowers } from '../scenarios/support/levels.ts';

const MIB = 1_048_576;
const setLimit = await loadSetLimit();
const WAYS = [
  { way: 'the kernel itself', call: setLimit, isThere: setLimit !== null },
  { way: 'a program of the host', call: null, isThere: true },
];

/** A process that does nothing until it is ended. */
async function idle(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('/bin/sleep', ['600'], { env: {}, stdio: 'ignore' });
  await once(child, 'spawn');
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { readonly pid: number };
}

/** Soft and hard, as the kernel tells them. */
function limitsOf(pid: number): Readonly<Record<string, string>> {
  const text = readFileSync(`/proc/${pid}/limits`, 'utf8');
  const read = (name: string) =>
    new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text)?.slice(1).join(' ') ?? '';
  return { data: read('Max data size'), files: read('Max open files'), core: read('Max core file size') };
}

describe.each(WAYS)('by $way', ({ call, isThere }) => {
  const limit = limiter(realPowers(), call);

  it.skipIf(!isThere)(
    'a process may take so much beyond what it had, few files, and leaves no core',
    async () => {
      const { pid } = await idle();
      const had = dataSize(realPowers().filesNow, pid) ?? 0;
      expect(had).toBeGreaterThan(0);
      expect(await limit(pid, { had, extra: 64 * MIB })).toBeNull();
      const most = had + 64 * MIB;
      expect(limitsOf(pid)).toEqual({ data: `${most} ${most}`, files: '256 256', core: '0 0' });
    },
  );

  it.skipIf(!isThere)('one that has ended is told of', async () => {
    const child = await idle();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await limit(child.pid, { had: 0, extra: MIB })).toMatch(/set them/);
    expect(dataSize(realPowers().filesNow, child.pid)).toBeNull();
  });
});

it.skipIf(setLimit === null)('whoever asks is never bounded', async () => {
  const before = limitsOf(process.pid);
  expect(await limiter(realPowers(), setLimit)(0, { had: 0, extra: 1_048_576 * MIB })).toMatch(/error 22/);
  expect(limitsOf(process.pid)).toEqual(before);
});

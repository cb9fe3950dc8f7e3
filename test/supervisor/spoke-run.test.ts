import { describe, expect, onTestFinished, test } from 'vitest';
import { AxiumError } from '../../core/errors.ts';
import { gone } from '../jobs/support/processes.ts';
import { makeSpoke, observeRun, startUntil } from './support/spoke-run.ts';

describe('a spoke that behaves', () => {
  test('is starting, then ready, and is told who it is', async () => {
    const spoke = makeSpoke('creds', '1.2.3');
    const observed = observeRun('well-behaved', { spoke });
    await startUntil(observed, 'ready');
    expect(observed.states).toEqual([
      ['starting', null],
      ['ready', null],
    ]);
    expect(observed.run.status()).toMatchObject({
      name: 'creds',
      version: '1.2.3',
      directory: spoke.directory,
      state: 'ready',
      reason: null,
      level: 'none',
      pid: expect.any(Number),
    });
  });

  test('can ask before it is ready, and is known by its channel and not by what it says', async () => {
    const observed = observeRun('well-behaved');
    await startUntil(observed, 'ready');
    expect(observed.mediated).toEqual([
      {
        subject: { spoke: 'creds', instance: 'creds#test-1', level: 'none' },
        message: { id: 5, cmd: 'notify', body: { id: 5, cmd: 'notify', title: 'creds' } },
      },
    ]);
  });

  test('stops when it is asked to, and is gone when that is settled', async () => {
    const observed = observeRun('well-behaved');
    await startUntil(observed, 'ready');
    const pid = observed.run.status().pid ?? 0;
    await observed.run.stop();
    await gone(pid);
    expect(observed.states.slice(2)).toEqual([
      ['stopping', null],
      ['stopped', 'it ended with exit code 0'],
    ]);
    expect(observed.run.status().pid).toBeNull();
    expect(observed.powers.clock.waits()).toEqual([]);
  });

  test('leaves no alarm of its start behind when it is ready', async () => {
    const observed = observeRun('well-behaved');
    await startUntil(observed, 'ready');
    expect(observed.powers.clock.waits()).toEqual([]);
  });
});

test('a process that cannot be started is told once as starting and once as failed', async () => {
  const observed = observeRun('', {
    sandbox: () => ({
      level: 'none',
      start: () => {
        throw new AxiumError('unavailable', 'node: the process could not be started');
      },
    }),
  });
  observed.run.start();
  await observed.run.ended;
  expect(observed.states).toEqual([
    ['starting', null],
    ['failed', 'node: the process could not be started'],
  ]);
  expect(observed.powers.clock.waits()).toEqual([]);
});

test('a run that was never started stops at once', async () => {
  const observed = observeRun('silent');
  await observed.run.stop();
  expect([observed.states, observed.run.state]).toEqual([[], 'stopped']);
});

test('a spoke finds nothing of the daemon: no environment, no descriptor but its channel', async () => {
  const observed = observeRun('finds');
  onTestFinished(() => observed.run.stop());
  observed.run.start();
  await observed.until(() => observed.mediated.length === 1);
  expect(observed.mediated[0]?.message.body).toMatchObject({ env: [], shared: [] });
});

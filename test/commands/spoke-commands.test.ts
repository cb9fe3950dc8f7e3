import { expect, test } from 'vitest';
import { SpokeCommands } from '../../core/commands/spoke-commands.ts';
import { Lines } from '../../core/supervisor/lines.ts';
import type { Event } from '../../schemas/wire.ts';
import { createHandClock } from '../support/hand-clock.ts';

const CREDS = { spoke: 'creds', instance: 'creds#1' };
const OTHER = { spoke: 'other', instance: 'other#1' };
const DONE = { code: 3, stdout: 'out', stderr: 'err' };

function makeCommands() {
  const lines = new Lines();
  const clock = createHandClock();
  const events: unknown[] = [];
  const sent: Event[] = [];
  for (const { instance } of [CREDS, OTHER])
    lines.open(instance, { send: (event) => sent.push(event), whenRead: async () => {} });
  const recordEvent = (name: string, spoke: string | null, detail: object) =>
    void events.push([name, spoke, detail]);
  return { commands: new SpokeCommands({ lines, clock, recordEvent }), lines, clock, events, sent };
}

function run(commands: SpokeCommands, spoke: typeof CREDS, command: string, args: readonly string[]) {
  return commands.run(spoke, { command, args, principal: 'user:7' });
}

test('a call goes to the process that offers the command, and its answer comes back, with a record of both', async () => {
  const { commands, events, sent } = makeCommands();
  commands.register(CREDS, 'refresh', 'logs in');
  const called = run(commands, CREDS, 'refresh', ['--now', '$(id)']);
  expect(sent).toEqual([{ event: 'command', call: 1, command: 'refresh', args: ['--now', '$(id)'] }]);
  commands.finish(CREDS, 1, DONE);
  expect(await called).toEqual(DONE);
  expect(events).toEqual([
    [
      'spoke_command',
      'creds',
      { call: 1, instance: 'creds#1', principal: 'user:7', command: 'refresh', args: '["--now","$(id)"]' },
    ],
    ['spoke_command_done', 'creds', { call: 1, code: 3 }],
  ]);
});

test('nobody but the process that was called can answer, and only once', async () => {
  const { commands } = makeCommands();
  commands.register(CREDS, 'refresh', '');
  const called = run(commands, CREDS, 'refresh', []);
  const refused = expect.objectContaining({ code: 'not_found' });
  expect(() => commands.finish(OTHER, 1, DONE)).toThrow(refused);
  expect(() => commands.finish(CREDS, 2, DONE)).toThrow(refused);
  commands.finish(CREDS, 1, DONE);
  expect(() => commands.finish(CREDS, 1, { ...DONE, code: 0 })).toThrow(refused);
  expect(await called).toEqual(DONE);
});

test('what one process offers is not offered by another, and is gone with it', async () => {
  const { commands, lines } = makeCommands();
  commands.register(CREDS, 'b', 'second');
  commands.register(CREDS, 'a', '');
  commands.register(CREDS, 'a', 'first');
  expect(commands.list(CREDS.instance)).toEqual([
    { name: 'a', about: 'first' },
    { name: 'b', about: 'second' },
  ]);
  await expect(run(commands, OTHER, 'a', [])).rejects.toMatchObject({ code: 'unknown_command' });
  const called = run(commands, CREDS, 'a', []);
  lines.close(CREDS.instance);
  await expect(called).rejects.toMatchObject({ code: 'unavailable' });
  await expect(run(commands, CREDS, 'a', [])).rejects.toMatchObject({ code: 'unavailable' });
  expect(commands.list(CREDS.instance)).toEqual([]);
});

test('a call that is not answered within a minute is over, and its answer is not taken any more', async () => {
  const { commands, clock } = makeCommands();
  commands.register(CREDS, 'refresh', '');
  const called = run(commands, CREDS, 'refresh', []);
  clock.advance(59_999);
  clock.advance(1);
  await expect(called).rejects.toMatchObject({ code: 'timeout' });
  expect(() => commands.finish(CREDS, 1, DONE)).toThrow();
  expect(clock.waits()).toEqual([]);
});

test('a spoke is held to a number of commands, of calls at once and of characters', async () => {
  const { commands } = makeCommands();
  for (let count = 0; count < 64; count += 1) commands.register(CREDS, `c${count}`, '');
  commands.register(CREDS, 'c0', 'again');
  expect(() => commands.register(CREDS, 'one-more', '')).toThrow(expect.objectContaining({ code: 'quota' }));
  const calls = Array.from({ length: 8 }, () => run(commands, CREDS, 'c0', []));
  await expect(run(commands, CREDS, 'c1', [])).rejects.toMatchObject({ code: 'busy' });
  await expect(run(commands, CREDS, 'c1', ['x'.repeat(32_769)])).rejects.toMatchObject({ code: 'too_large' });
  for (let call = 1; call <= 8; call += 1) commands.finish(CREDS, call, DONE);
  expect(await Promise.all(calls)).toHaveLength(8);
});

test('a command that is not offered yet is waited for: until it is, the process is gone, or a second has passed', async () => {
  const { commands, lines, clock } = makeCommands();
  const waits = ['a', 'b', 'c'].map((name) =>
    commands.offered(name === 'c' ? OTHER.instance : CREDS.instance, name),
  );
  expect([commands.isBusy(CREDS.instance), commands.isBusy(OTHER.instance)]).toEqual([true, true]);
  commands.register(CREDS, 'a', '');
  lines.close(OTHER.instance);
  await Promise.all([waits[0], waits[2]]);
  expect([commands.isBusy(CREDS.instance), commands.isBusy(OTHER.instance)]).toEqual([true, false]);
  clock.advance(1000);
  await waits[1];
  await commands.offered(CREDS.instance, 'a');
  await commands.offered('nobody#1', 'a');
  expect([commands.isBusy(CREDS.instance), clock.waits()]).toEqual([false, []]);
});

test('a process is busy while it is at a call', async () => {
  const { commands } = makeCommands();
  commands.register(CREDS, 'refresh', '');
  const called = run(commands, CREDS, 'refresh', []);
  expect([commands.isBusy(CREDS.instance), commands.isBusy(OTHER.instance)]).toEqual([true, false]);
  commands.finish(CREDS, 1, DONE);
  await called;
  expect(commands.isBusy(CREDS.instance)).toBe(false);
});

test('of a spoke that does not run its last process has said what its commands are about', () => {
  const { commands, lines } = makeCommands();
  expect(commands.named('creds', ['a'])).toEqual([{ name: 'a', about: '' }]);
  commands.register(CREDS, 'a', 'first');
  commands.register(CREDS, 'c', 'third');
  lines.close(CREDS.instance);
  expect(commands.named('creds', ['b', 'a'])).toEqual([
    { name: 'a', about: 'first' },
    { name: 'b', about: '' },
  ]);
});

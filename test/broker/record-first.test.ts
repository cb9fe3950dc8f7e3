import { existsSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { makeWorld, type World } from './support/broker-world.ts';
import { countPortals } from './support/counting-portals.ts';
import { COMMANDS, IN_MEMORY, requestOf } from './support/every-command.ts';

/** Everything of a world that a request can have changed. */
const effects = ({ home, queue, hud, jobs }: World) => ({
  files: ['touched', 'written'].filter((name) => existsSync(`${home}/granted/${name}`)),
  stored: existsSync(`${home}/state/storage/creds/a.value`),
  queued: readFileSync(`${home}/state/notifications.jsonl`, 'utf8') + queue.free().length,
  hud: hud.list(),
  jobs: jobs.list(),
});

/** The commands that change something. */
const CHANGING = ['notify', 'daemon_exec', 'fs_write', 'hud_segment_value', 'storage_put'] as const;

test.each(CHANGING)('%s has an effect that would be seen', async (cmd) => {
  const world = await makeWorld();
  const before = effects(world);
  await world.ask(requestOf(cmd, world.home));
  expect(effects(world)).not.toEqual(before);
});

describe.each(COMMANDS)('%s', (cmd) => {
  test('does nothing until its decision is on record', async () => {
    const { counts, changed } = countPortals();
    const { audit, ask, home } = await makeWorld({ changed });
    const { waiting, release } = audit.hold();
    const answer = ask(requestOf(cmd, home));
    await waiting;
    // Whatever did not wait for the record would run before this.
    await setImmediate();
    expect(counts).toMatchObject({ prepared: 1, performed: 0, released: 0 });
    release();
    await answer;
    // Of what is done in memory nothing is held that could be let go of.
    expect(counts).toMatchObject({ prepared: 1, performed: 1, released: IN_MEMORY.has(cmd) ? 0 : 1 });
  });

  test('does nothing where its decision cannot be recorded, and says that it is unavailable', async () => {
    const world = await makeWorld();
    const before = effects(world);
    world.audit.fail('decision');
    expect(await world.ask(requestOf(cmd, world.home))).toEqual({
      id: 7,
      ok: false,
      code: 'unavailable',
      error: 'it was not done, since no record of it could be written',
    });
    expect(effects(world)).toEqual(before);
    expect(world.audit.entries).toEqual([]);
    expect(world.defects).toHaveLength(1);
  });

  test('is answered where its outcome cannot be recorded, since it was done', async () => {
    const { ask, audit, home, defects } = await makeWorld();
    audit.fail('outcome');
    expect(await ask(requestOf(cmd, home))).toMatchObject({ ok: true });
    expect(audit.entries).toMatchObject([{ type: 'decision', effect: 'allow' }]);
    // Nobody waits for the outcome, and that of what is done in memory is in the record of the decision.
    await setImmediate();
    expect(defects).toHaveLength(IN_MEMORY.has(cmd) ? 0 : 1);
  });
});

test.each([
  ['that is denied', { cmd: 'fs_read', path: '/etc/passwd' }],
  ['of a bad shape', { cmd: 'fs_read' }],
  ['for a command that there is not', { cmd: 'nosuch' }],
  ['whose target cannot be told', { cmd: 'fs_read', path: 'relative' }],
])('a request %s is unavailable where that cannot be recorded', async (_what, request) => {
  const { ask, audit } = await makeWorld();
  audit.fail('decision');
  expect(await ask(request)).toMatchObject({ ok: false, code: 'unavailable' });
});

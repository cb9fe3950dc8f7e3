import { describe, expect, test } from 'vitest';
import { serveControl } from '../../core/control/serve.ts';
import { describePolicy } from '../../core/policy/describe.ts';
import { commandTarget } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';
import { callerWith } from './support/caller.ts';
import { makeHost } from './support/control-host.ts';

/** Asks as a client does, with what the handlers reported as defects. */
async function makeServed(changed: Parameters<typeof makeHost>[0] = {}) {
  const { host, handlers, powers } = await makeHost(changed);
  const defects: unknown[] = [];
  const serve = serveControl({
    handlers,
    dangerous: false,
    onRefused: () => {},
    onDefect: (error, command) => defects.push([command, error]),
  });
  const ask = (body: unknown) => serve(body, callerWith());
  return { ask, host, handlers, defects, powers };
}

describe('what is answered', () => {
  test('to ping, version and status is who the daemon is and how it stands', async () => {
    const { ask, host } = await makeServed();
    expect(await ask({ cmd: 'ping' })).toEqual({
      id: null,
      ok: true,
      pid: 7,
      version: '1.2.3',
      strict: false,
      service: false,
    });
    expect(await ask({ cmd: 'version' })).toEqual({ id: null, ok: true, version: '1.2.3', node: 'v20.0.0' });
    expect(await ask({ cmd: 'status' })).toEqual({
      id: null,
      ok: true,
      pid: 7,
      version: '1.2.3',
      strict: false,
      uptime_ms: 1500,
      notes: ['a note'],
      overrides: { file: host.places.permissionsFile, in_force: false, problems: [] },
      warm: { state: 'ready', pid: 4713 },
      spokes: [],
      refused: host.refused(),
      files: {
        security: host.places.securityLog,
        audit: host.places.auditLog,
        log: host.places.daemonLog,
      },
    });
  });

  test('to notify is an id, and the notification comes from the system', async () => {
    const { ask, host } = await makeServed();
    const { notification } = (await ask({ cmd: 'notify', title: 'Test', body: 'Hello' })) as Record<
      string,
      unknown
    >;
    expect(host.queue.free()).toMatchObject([
      { id: notification, source: 'system', title: 'Test', body: 'Hello', level: 'info' },
    ]);
  });

  test('to notify_drain is everything, once', async () => {
    const { ask, host } = await makeServed();
    await host.queue.add('creds', { title: 'a', body: '', level: 'info' });
    expect(await ask({ cmd: 'notify_drain' })).toMatchObject({ ok: true, notifications: [{ title: 'a' }] });
    expect(await ask({ cmd: 'notify_drain' })).toMatchObject({ ok: true, notifications: [] });
  });

  test('to two drains at once is everything, in one of the two', async () => {
    const { ask, host } = await makeServed();
    await host.queue.add('creds', { title: 'a', body: '', level: 'info' });
    const drains = await Promise.all([ask({ cmd: 'notify_drain' }), ask({ cmd: 'notify_drain' })]);
    const drained = drains.flatMap(
      (answer) => (answer as unknown as { notifications: unknown[] }).notifications,
    );
    expect(drained).toHaveLength(1);
  });

  test('to notify_lease and notify_ack is a lease and how many it held', async () => {
    const { ask, host } = await makeServed();
    expect(await ask({ cmd: 'notify_lease' })).toMatchObject({ lease: null, notifications: [] });
    await host.queue.add('creds', { title: 'a', body: '', level: 'info' });
    const { lease } = (await ask({ cmd: 'notify_lease' })) as Record<string, unknown>;
    for (const _again of [1, 2]) {
      expect(await ask({ cmd: 'notify_ack', lease })).toEqual({ id: null, ok: true, acknowledged: 1 });
    }
    expect(await ask({ cmd: 'notify_ack', lease: 'x' })).toMatchObject({ ok: false, code: 'not_found' });
  });

  test('to hud is what the spokes show', async () => {
    const { ask, host } = await makeServed();
    host.hud.set('creds', '[creds:Y]');
    expect(await ask({ cmd: 'hud' })).toEqual({
      id: null,
      ok: true,
      segments: [{ spoke: 'creds', value: '[creds:Y]' }],
    });
  });

  test('to the commands about jobs is the job', async () => {
    const { ask, host } = await makeServed();
    host.jobs.start({ spoke: 'creds' }, commandTarget(['/bin/sleep', '600']));
    expect(await ask({ cmd: 'jobs_list' })).toMatchObject({ jobs: [{ id: 'j1', state: 'running' }] });
    expect(await ask({ cmd: 'jobs_kill', job: 'j1' })).toMatchObject({ job: { id: 'j1', state: 'killed' } });
    expect(await ask({ cmd: 'jobs_logs', job: 'j1' })).toMatchObject({ stdout: '', truncated: false });
    expect(await ask({ cmd: 'jobs_logs', job: 'j2' })).toMatchObject({ ok: false, code: 'not_found' });
  });

  test('to get_permissions is what was asked for, or that there is no such spoke', async () => {
    const { policy } = compileRights({ manifest: manifestText('exec: true') });
    const rights = {
      name: 'creds',
      version: '1',
      effective: describePolicy(policy),
      override_source: null,
      level: 'none',
      warnings: [],
    };
    const { ask } = await makeServed({ permissions: () => [rights] });
    expect(await ask({ cmd: 'perms_list' })).toEqual({ id: null, ok: true, spokes: [rights] });
    for (const cmd of ['get_permissions', 'spoke_logs']) {
      expect(await ask({ cmd, spoke: 'nosuch' })).toEqual({
        id: null,
        ok: false,
        code: 'not_found',
        error: "spoke 'nosuch' not found; 'axium spoke list' shows those there are",
      });
    }
  });

  test('to spoke_reload is what there is after it', async () => {
    const reloads: (string | null)[] = [];
    const { ask, host } = await makeServed({
      reload: async (spoke) => {
        reloads.push(spoke);
      },
    });
    expect(await ask({ cmd: 'spoke_reload' })).toEqual({
      id: null,
      ok: true,
      spokes: [],
      refused: host.refused(),
    });
    expect(await ask({ cmd: 'spoke_reload', spoke: 'nosuch' })).toMatchObject({ code: 'not_found' });
    expect(reloads).toEqual([null, 'nosuch']);
  });

  test('to audit_head is the place of the last record', async () => {
    const { ask, host } = await makeServed();
    await host.audit.event({ type: 'event', event: 'x', spoke: null, detail: {} });
    expect(await ask({ cmd: 'audit_head' })).toEqual({ id: null, ok: true, ...host.audit.head });
    expect(host.audit.head.seq).toBe(1);
  });

  test('to shutdown comes before the end', async () => {
    let ended = 0;
    const { ask } = await makeServed({
      shutdown: () => {
        ended += 1;
      },
    });
    expect(await ask({ id: 1, cmd: 'shutdown' })).toEqual({ id: 1, ok: true });
    expect(ended).toBe(1);
  });
});

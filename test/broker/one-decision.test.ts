import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeWorld, POLICY_HASH } from './support/broker-world.ts';
import { COMMANDS, EVERY_COMMAND, IN_MEMORY, requestOf } from './support/every-command.ts';

/** What every spoke may do, whatever its manifest says. */
const ALWAYS = ['hud', 'storage', 'permissions', 'command'];

describe.each(COMMANDS)('%s', (cmd) => {
  const { action } = EVERY_COMMAND[cmd];

  test('that is allowed has one decision on record, and one outcome after it or in it', async () => {
    const { ask, audit, home } = await makeWorld();
    expect(await ask(requestOf(cmd, home))).toMatchObject({ id: 7, ok: true });
    const decision = {
      type: 'decision',
      request: 'r1',
      principal: 'spoke:creds',
      subject: 'creds#test-1',
      level: 'none',
      command: cmd,
      action,
      effect: 'allow',
      policy: POLICY_HASH,
    };
    const outcome = { ok: true, code: null, duration_ms: 0 };
    expect(audit.entries).toMatchObject(
      IN_MEMORY.has(cmd)
        ? [{ ...decision, outcome }]
        : [decision, { type: 'outcome', request: 'r1', ...outcome }],
    );
    expect('outcome' in (audit.decisions()[0] ?? {})).toBe(IN_MEMORY.has(cmd));
  });

  test('that no rule allows has one decision on record, and no outcome', async () => {
    const { ask, audit, home } = await makeWorld({ permissions: () => '', overrides: () => '' });
    const response = await ask(requestOf(cmd, home));
    if (ALWAYS.includes(action)) {
      expect(response.ok).toBe(true);
      const outcome = { ok: true };
      expect(audit.entries).toMatchObject(
        IN_MEMORY.has(cmd)
          ? [{ effect: 'allow', outcome }]
          : [{ effect: 'allow' }, { type: 'outcome', ok: true }],
      );
    } else {
      expect(response).toMatchObject({ id: 7, ok: false, code: 'denied' });
      expect(audit.entries).toMatchObject([{ type: 'decision', action, effect: 'deny', rule: null }]);
    }
  });

  test.each([
    ['a key too many', { permissions: { exec: true } }, 'invalid'],
    ['the name of another spoke', { spoke: 'other' }, 'identity'],
    ['no name of a spoke', { spoke: null }, 'identity'],
    ['a list of spokes', { spoke: ['creds'] }, 'identity'],
    ['an id that is none', { id: -1 }, 'invalid'],
    ['the key __proto__', JSON.parse('{"__proto__": {"exec": true}}'), 'invalid'],
  ])('with %s is refused, with one decision on record', async (_what, extra, code) => {
    const { ask, audit, home } = await makeWorld();
    const request = Object.defineProperties(requestOf(cmd, home), Object.getOwnPropertyDescriptors(extra));
    const response = await ask(request);
    expect(response).toMatchObject({ id: 7, ok: false, code });
    expect(audit.entries).toMatchObject([
      {
        type: 'decision',
        request: 'r1',
        principal: 'spoke:creds',
        command: cmd,
        action,
        resource: null,
        target: null,
        effect: 'deny',
        rule: null,
        policy: POLICY_HASH,
      },
    ]);
    expect({}).not.toHaveProperty('exec');
  });

  test('may name its own spoke', async () => {
    const { ask, home } = await makeWorld();
    expect(await ask({ ...requestOf(cmd, home), spoke: 'creds' })).toMatchObject({ ok: true });
  });
});

test('whatever a message is, there is one answer with its id and one decision on record', async () => {
  const { ask, audit, home } = await makeWorld();
  const cmd = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...COMMANDS.filter((name) => name !== 'daemon_exec')) },
    fc.string(),
  );
  const paths = fc.constantFrom(`${home}/granted/file`, `${home}/granted/new`, '/etc/passwd', '/proc/1/mem');
  const fields = fc.record(
    {
      title: fc.oneof(fc.string(), fc.anything()),
      path: fc.oneof(paths, fc.string()),
      data: fc.oneof(fc.string(), fc.anything()),
      key: fc.string(),
      value: fc.oneof(fc.string(), fc.anything()),
      spoke: fc.constantFrom('creds', 'creds', 'other'),
      encoding: fc.constantFrom('utf8', 'base64', 'bytes', 'x'),
      offset: fc.integer(),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      cmd,
      fields,
      fc.dictionary(fc.string(), fc.anything(), { maxKeys: 1 }),
      async (...parts) => {
        const [command, some, more] = parts;
        audit.entries.length = 0;
        const response = await ask({ ...more, ...some, cmd: command });
        expect(response.id).toBe(7);
        expect(audit.decisions()).toHaveLength(1);
        const allowed = audit.decisions()[0]?.effect === 'allow';
        const within = audit.decisions().filter(({ outcome }) => outcome !== undefined);
        expect(audit.outcomes().length + within.length).toBe(allowed ? 1 : 0);
        expect(response.ok && !allowed).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
});

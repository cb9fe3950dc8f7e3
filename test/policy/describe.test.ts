import { expect, it } from 'vitest';
import { describePolicy } from '../../core/policy/describe.ts';
import { compileRights, manifestText } from '../support/rights.ts';

it('a policy is described as data: each right, who said it and where', () => {
  const { policy } = compileRights({
    manifest: manifestText(
      'exec: [aws sso login]\nnotify: true\nfs_read: [~/.aws/config]\nexec_profile: scoped',
    ),
    overrides: [
      'creds:',
      '  notify: false',
      '  fs_read:',
      '    - {path: /srv/x, expires: 2030-02-01T00:00:00+01:00, reason: audit}',
      '  deny: {fs_write: [/srv/**]}',
      '  ask: {exec: [git push]}',
    ].join('\n'),
  });
  const entry = { expires: null, reason: null };
  expect(describePolicy(policy)).toEqual({
    exec: {
      value: 'commands',
      source: 'base',
      origin: 'spoke.yaml:4:9',
      commands: [{ ...entry, pattern: 'aws sso login', source: 'base', origin: 'spoke.yaml:4:10' }],
    },
    notify: { value: false, source: 'override', origin: 'permissions.yaml:2:11' },
    net: { value: false, source: 'base', origin: null },
    facts: { value: false, source: 'base', origin: null },
    fs_read: [
      { ...entry, pattern: '~/.aws/config', source: 'base', origin: 'spoke.yaml:6:13' },
      {
        pattern: '/srv/x',
        source: 'override',
        origin: 'permissions.yaml:4:7',
        expires: '2030-01-31T23:00:00.000Z',
        reason: 'audit',
      },
    ],
    fs_write: [],
    exec_profile: { value: 'scoped', source: 'base', origin: 'spoke.yaml:7:17' },
    privileged: [],
    restrictions: [
      {
        ...entry,
        action: 'fs_write',
        effect: 'deny',
        pattern: '/srv/**',
        source: 'override',
        origin: 'permissions.yaml:5:21',
      },
      {
        ...entry,
        action: 'exec',
        effect: 'ask',
        pattern: 'git push',
        source: 'override',
        origin: 'permissions.yaml:6:16',
      },
    ],
    ceilings: [],
    withheld: [],
    closed_because: null,
    overridden: true,
    open: true,
  });
});

it('a spoke that no override names is not overridden', () => {
  const manifest = manifestText('notify: true');
  expect(describePolicy(compileRights({ manifest }).policy).overridden).toBe(false);
  expect(describePolicy(compileRights({ manifest, overrides: 'aws: {exec: false}' }).policy).overridden).toBe(
    false,
  );
  expect(describePolicy(compileRights({ manifest, overrides: '"*": {exec: false}' }).policy).overridden).toBe(
    true,
  );
});

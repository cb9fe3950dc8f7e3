import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  breachEntry,
  type DecidedRequest,
  decisionEntry,
  detailOf,
} from '../../core/audit/decision-entry.ts';
import { decide } from '../../core/policy/decide.ts';
import { askExec, askPath, askPlain } from '../support/queries.ts';
import { compileRights, manifestText } from '../support/rights.ts';

const SUBJECT = { spoke: 'creds', instance: 'creds-1', level: 'strong' };
const { policy } = compileRights({
  manifest: manifestText('exec: true\nfs_read: [/srv/*]'),
  overrides: 'creds: {exec: false}',
});

function decided(query: Parameters<typeof decide>[1], changed: Partial<DecidedRequest> = {}): DecidedRequest {
  return {
    subject: SUBJECT,
    request: 'creds-1-7',
    command: 'fs_read',
    action: query.action,
    resource: null,
    target: query.target,
    decision: decide(policy, query),
    policy: 'abc',
    ...changed,
  };
}

describe('the record of a decision', () => {
  it('says who asked what, what it really was, and which rule of which line decided', () => {
    const query = askPath('fs_read', '/srv/link', { real: '/srv/file' });
    expect(decisionEntry(decided(query, { resource: '~/../srv/link' }))).toEqual({
      type: 'decision',
      request: 'creds-1-7',
      principal: 'spoke:creds',
      subject: 'creds-1',
      level: 'strong',
      command: 'fs_read',
      action: 'fs_read',
      resource: '~/../srv/link',
      target: '/srv/file',
      effect: 'allow',
      reason: 'allowed by fs_read: /srv/*',
      rule: { pattern: '/srv/*', effect: 'allow', source: 'base', origin: 'spoke.yaml:5:13' },
      via_override: false,
      policy: 'abc',
    });
  });

  it('has the words of a command, so that their borders can be told', () => {
    const query = askExec(['/usr/bin/git', 'log', 'a b']);
    expect(decisionEntry(decided(query, { resource: 'git log "a b"' }))).toMatchObject({
      resource: 'git log "a b"',
      target: '["/usr/bin/git","log","a b"]',
      effect: 'deny',
      via_override: true,
      rule: { pattern: 'false', source: 'override', origin: 'permissions.yaml:1:15' },
    });
  });

  it('has no rule where none matched, and no target where there is none', () => {
    expect(decisionEntry(decided(askPlain('notify')))).toMatchObject({
      rule: null,
      resource: null,
      target: null,
    });
  });

  it('keeps 4,096 characters of a text, and of a longer one its beginning and its hash', () => {
    const resourceOf = (resource: string) =>
      decisionEntry(decided(askPlain('notify'), { resource })).resource;
    const [full, over] = ['x'.repeat(1024), 'x'.repeat(1025)];
    const hash = createHash('sha256').update(over).digest('hex');
    expect(resourceOf(full)).toBe(full);
    expect(resourceOf(over)).toBe(`${full}... (1025 characters, sha256 ${hash})`);
  });

  it('of a breach of the wire is a denial that no rule of anybody gave', () => {
    expect(breachEntry(SUBJECT, 'line too long', 'abc')).toMatchObject({
      action: 'channel',
      effect: 'deny',
      reason: 'it broke the rules of the wire: line too long',
      rule: null,
      via_override: false,
    });
  });
});

it('the security line shows the command as asked, or the real path, or nothing', () => {
  const shown = (query: Parameters<typeof decide>[1], resource: string | null) =>
    detailOf(decisionEntry(decided(query, { resource })), query.target);
  expect(shown(askExec(['/usr/bin/aws', 'sso', 'login']), 'aws sso login')).toBe('aws sso login');
  expect(shown(askPath('fs_read', '/srv/link', { real: '/srv/file' }), '/srv/link')).toBe('/srv/file');
  expect(shown(askPlain('notify'), null)).toBeNull();
});

import { describe, expect, test } from 'vitest';
import { contentOf } from '../../core/approvals/content.ts';
import type { PrivilegedTarget } from '../../schemas/decision.ts';

const target: PrivilegedTarget = {
  kind: 'privileged',
  action: 'restart_service',
  params: { unit: 'a.service' },
  argv: ['/usr/bin/systemctl', 'restart', '--', 'a.service'],
};
const content = (changed: Partial<PrivilegedTarget> = {}) =>
  contentOf('spoke:creds', 'privileged', { ...target, ...changed }, null);

test('a person is shown the words that root would run', () => {
  expect(content().shown).toBe('as root, restart_service: /usr/bin/systemctl restart -- a.service');
});

describe('a yes to one action of root covers no other:', () => {
  test.each<[string, Partial<PrivilegedTarget>]>([
    ['another action', { action: 'stop_service' }],
    ['other words', { argv: ['/usr/bin/systemctl', 'restart', '--', 'b.service'] }],
    ['the same number of another process', { params: { process: { pid: 7, start: 2 } } }],
  ])('%s', (_what, changed) => {
    expect(content(changed).key).not.toBe(content().key);
    const params = { process: { pid: 7, start: 1 } };
    expect(content({ params, ...changed }).key).not.toBe(content({ params }).key);
  });
});

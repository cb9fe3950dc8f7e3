import fc from 'fast-check';
import type { Query } from '../../core/policy/decide.ts';
import type { OverrideBlock, PermissionBlock } from '../../schemas/permissions.ts';
import { askExec, askPath, askPlain, askPrivileged, NOW } from './queries.ts';

/** Few and small names, so that patterns and paths meet often. */
const names = ['a', 'b', 'ab', '.bashrc', '.a'];
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  fc.constantFrom('*', '?', 'a*', '*b', '[ab]', '[!a]', '{a,b}', '**', '{a,*}'),
);
const pathOf = (part: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom('', '/home/ada'), fc.array(part, { minLength: 1, maxLength: 4 }))
    .map(([root, parts]) => `${root}/${parts.join('/')}`);

export const pathPattern = pathOf(segment).filter((pattern) => pattern.split('**').length <= 5);
export const realPath = pathOf(fc.constantFrom(...names));
export const commandPattern = fc.constantFrom(
  'aws',
  'aws ...',
  'aws sso',
  'aws *',
  '/tmp/x/aws ...',
  'git',
  'git * ...',
);

const expiry = fc.constantFrom('2029-12-31T00:00:00Z', '2030-01-02T00:00:00Z');
export const pathEntry = fc.oneof(
  { weight: 3, arbitrary: pathPattern },
  fc.record({ path: pathPattern, expires: expiry }),
);
export const commandEntry = fc.oneof(
  { weight: 3, arbitrary: commandPattern },
  fc.record({ command: commandPattern, expires: expiry }),
);

const paths = fc.array(pathEntry, { maxLength: 3 });
const commands = fc.array(commandEntry, { maxLength: 3 });
const rootAction = fc.constantFrom('restart_service', 'renice');
const rootActions = fc.array(fc.oneof(rootAction, fc.record({ action: rootAction, expires: expiry })), {
  maxLength: 3,
});
const rootActionsUnasked = fc.array(
  fc.oneof(rootAction, fc.record({ action: rootAction, ask: fc.boolean() }, { requiredKeys: ['action'] })),
  { maxLength: 3 },
);
const keys = {
  exec: fc.oneof(fc.boolean(), fc.constant('ask' as const), commands),
  notify: fc.boolean(),
  net: fc.boolean(),
  facts: fc.boolean(),
  fs_read: paths,
  fs_write: paths,
  privileged: rootActions,
};
const restriction = fc.record(
  { exec: commands, fs_read: paths, fs_write: paths, privileged: rootActions },
  { requiredKeys: [] },
);

/** The `permissions` of a manifest. */
export const permissionBlock: fc.Arbitrary<PermissionBlock> = fc.record(keys, { requiredKeys: [] });
/** A section of permissions.yaml. */
export const overrideBlock: fc.Arbitrary<OverrideBlock> = fc.record(
  { ...keys, privileged: rootActionsUnasked, deny: restriction, ask: restriction },
  { requiredKeys: [] },
);
/** A whole permissions.yaml, as data. */
export const overridesData = fc.record({ '*': overrideBlock, creds: overrideBlock }, { requiredKeys: [] });

const anchors = fc
  .uniqueArray(fc.tuple(realPath, realPath, fc.boolean()), { maxLength: 3, selector: ([from]) => from })
  .map(
    (links) => new Map(links.map(([from, to, trusted]) => [from, { any: to, trusted: trusted ? to : null }])),
  );

/** A question about an action on a target, through links or not. */
export const question: fc.Arbitrary<Query> = fc.oneof(
  fc
    .constantFrom('notify', 'net', 'facts', 'hud', 'storage', 'privileged')
    .map((action) => askPlain(action as 'notify')),
  rootAction.map((name) => askPrivileged(name)),
  fc
    .constantFrom(
      ['/usr/bin/aws'],
      ['/usr/bin/aws', 'sso'],
      ['/tmp/x/aws', 'sso'],
      ['/usr/bin/git', 'log', '-3'],
    )
    .map((argv) => askExec(argv)),
  fc
    .record({
      action: fc.constantFrom('fs_read' as const, 'fs_write' as const),
      asked: realPath,
      elsewhere: fc.option(realPath),
      found: fc.constantFrom('file', 'file', 'missing', 'directory', 'special'),
      kernelFs: fc.constantFrom(null, null, null, 'proc'),
      anchors,
    })
    .map(({ action, asked, elsewhere, ...truth }) =>
      askPath(action, asked, { ...truth, real: elsewhere ?? asked, found: truth.found as 'file', now: NOW }),
    ),
);

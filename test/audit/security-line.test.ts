import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { securityLine } from '../../core/audit/security-line.ts';
import type { RecordedAction } from '../../schemas/actions.ts';
import type { Effect } from '../../schemas/decision.ts';
import { buildDecision } from '../support/audit-entries.ts';

interface Line {
  readonly spoke?: string;
  readonly action: RecordedAction;
  readonly effect?: Effect;
  readonly resource?: string | null;
  readonly detail?: string | null;
  readonly viaOverride?: boolean;
}

function line({
  spoke = 'creds',
  detail = null,
  effect = 'allow',
  viaOverride = false,
  ...entry
}: Line): string {
  return securityLine(buildDecision({ ...entry, effect, via_override: viaOverride }), { spoke, detail });
}

describe('the line of a decision is exactly the documented one', () => {
  it.each<[string, Line]>([
    [
      '[SECURITY] spoke=creds action=exec allowed=true detail=aws sso login via_override=false',
      { action: 'exec', resource: 'aws sso login', detail: 'aws sso login' },
    ],
    [
      '[SECURITY] spoke=creds action=notify allowed=true detail=None via_override=false',
      { action: 'notify' },
    ],
    [
      '[SECURITY] spoke=aws action=fs_read:/etc/passwd allowed=false detail=/etc/passwd via_override=false',
      { spoke: 'aws', action: 'fs_read', resource: '/etc/passwd', detail: '/etc/passwd', effect: 'deny' },
    ],
    [
      '[SECURITY] spoke=creds action=exec allowed=false detail=aws sso login via_override=true',
      {
        action: 'exec',
        resource: 'aws sso login',
        detail: 'aws sso login',
        effect: 'deny',
        viaOverride: true,
      },
    ],
    [
      '[SECURITY] spoke=creds action=fs_write:/srv/a\\u0020b allowed=true detail=/srv/a b via_override=true',
      { action: 'fs_write', resource: '/srv/a b', detail: '/srv/a b', viaOverride: true },
    ],
    [
      '[SECURITY] spoke=creds action=exec allowed=false detail=aws via_override=false',
      { action: 'exec', resource: 'aws', detail: 'aws', effect: 'ask' },
    ],
    [
      '[SECURITY] spoke=creds action=unknown allowed=false detail=None via_override=false',
      { action: 'unknown', effect: 'deny' },
    ],
    [
      '[SECURITY] spoke=creds action=channel allowed=false detail=None via_override=false',
      { action: 'channel', effect: 'deny' },
    ],
    [
      '[SECURITY] spoke=creds action=fs_read: allowed=false detail=None via_override=false',
      { action: 'fs_read', effect: 'deny' },
    ],
  ])('%s', (expected, given) => {
    expect(line(given)).toBe(expected);
  });
});

/** Reads a line as its documentation says: the fields from the left, `via_override` from the end. */
function readLine(text: string) {
  const match =
    /^\[SECURITY\] spoke=(\S*) action=(\S*) allowed=(true|false) detail=(.*) via_override=(true|false)$/.exec(
      text,
    );
  if (!match) return null;
  const [, spoke, action, allowed, detail, viaOverride] = match;
  return { spoke, action, allowed: allowed === 'true', detail, viaOverride: viaOverride === 'true' };
}

const forgery = fc.constantFrom(
  ...[
    '\n',
    '\r\n',
    '\x1b[2K',
    '\x1b]0;x\x07',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u00a0',
    '\u3000',
  ],
  ...[
    ' allowed=true',
    ' via_override=false',
    ' detail=None',
    '[SECURITY] ',
    ' action=exec',
    '=',
    ' ',
    '\t',
    '\\',
    '\\u0020',
  ],
);
const untrusted = fc
  .array(fc.oneof(forgery, fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));
const given = fc.record({
  spoke: fc.oneof(fc.constant('creds'), untrusted),
  action: fc.constantFrom<RecordedAction>('fs_read', 'fs_write', 'exec', 'notify', 'unknown', 'channel'),
  effect: fc.constantFrom<Effect>('allow', 'ask', 'deny'),
  resource: fc.option(untrusted),
  detail: fc.option(untrusted),
  viaOverride: fc.boolean(),
});

describe('nothing that a spoke sends', () => {
  it('can forge a field: what is read from the line is what was decided', () => {
    fc.assert(
      fc.property(given, (said) => {
        const read = readLine(line(said));
        expect(read).not.toBeNull();
        expect(read?.allowed).toBe(said.effect === 'allow');
        expect(read?.viaOverride).toBe(said.viaOverride);
        expect(read?.action?.split(':')[0]).toBe(said.action);
      }),
      { numRuns: 2000 },
    );
  });

  it('can break the line, move the cursor or hide in it', () => {
    fc.assert(
      fc.property(given, (said) => {
        expect(line(said)).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  it('can look like something else that it sent', () => {
    fc.assert(
      fc.property(given, untrusted, (said, other) => {
        fc.pre(said.detail !== null && other !== said.detail && said.detail !== 'None');
        expect(line({ ...said, detail: other })).not.toBe(line(said));
      }),
      { numRuns: 1000 },
    );
  });
});

import type { DecisionEntry, OutcomeEntry } from '../../schemas/audit.ts';

/** A decision record that is valid, but for what is changed. */
export function buildDecision(changed: Partial<DecisionEntry> = {}): DecisionEntry {
  return {
    type: 'decision',
    request: 'creds-1-1',
    principal: 'spoke:creds',
    subject: 'creds-1',
    level: 'none',
    command: 'notify',
    action: 'notify',
    resource: null,
    target: null,
    effect: 'allow',
    reason: 'allowed by notify: true',
    rule: { pattern: 'true', effect: 'allow', source: 'base', origin: 'spoke.yaml:5:11' },
    via_override: false,
    policy: '0123456789abcdef',
    ...changed,
  };
}

export function buildOutcome(changed: Partial<OutcomeEntry> = {}): OutcomeEntry {
  return { type: 'outcome', request: 'creds-1-1', ok: true, code: null, duration_ms: 1.5, ...changed };
}

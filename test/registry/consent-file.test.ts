import { expect, test } from 'vitest';
import { type Consent, findNameBefore, NO_CONSENT } from '../../core/registry/consent-file.ts';

/** Counts how many consents were gone through one by one. */
class Counted extends Map<string, Consent> {
  gone = 0;

  override *[Symbol.iterator]() {
    for (const consent of super[Symbol.iterator]()) {
      this.gone += 1;
      yield consent;
    }
    return undefined;
  }
}

const consentIn = (directory: string | null, at: string | null = null): Consent => ({
  ...NO_CONSENT,
  directory,
  at,
});

test('the name before is told without going through the consents of all others again', () => {
  const consents = new Counted();
  for (let at = 0; at < 100; at += 1) consents.set(`other-${at}`, consentIn(`/spokes/${at}`));
  const nameBefore = findNameBefore(consents);
  expect(consents.gone).toBe(100);
  for (let at = 0; at < 100; at += 1) expect(nameBefore('todo', `/spokes/${at}`)).toBe(`other-${at}`);
  expect(nameBefore('todo', '/spokes/none')).toBeNull();
  expect(consents.gone).toBe(100);
});

test('of several names before, the first counts, and never its own', () => {
  const nameBefore = findNameBefore(
    new Map([
      ['todo', consentIn('/spokes/todo')],
      ['first', consentIn('/spokes/todo')],
      ['second', consentIn('/spokes/todo')],
      ['nowhere', consentIn(null)],
    ]),
  );
  expect(nameBefore('todo', '/spokes/todo')).toBe('first');
  expect(nameBefore('first', '/spokes/todo')).toBe('todo');
  expect(nameBefore('new', '/spokes/new')).toBeNull();
});

test('a spoke that was accepted in its place has no name before', () => {
  const nameBefore = findNameBefore(
    new Map([
      ['first', consentIn('/spokes/todo')],
      ['todo', consentIn('/spokes/todo', '2026-01-01T00:00:00.000Z')],
    ]),
  );
  expect(nameBefore('todo', '/spokes/todo')).toBeNull();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hudForms, orderSegments } from '../../core/hud/forms.ts';
import { HudSegments } from '../../core/hud/segments.ts';

const segment = (value: string, spoke = 'creds') => ({ spoke, value });

test('segments are in the order of the spokes, and others behind them in theirs', () => {
  const segments = [segment('c', 'c'), segment('x', 'x'), segment('a', 'a'), segment('y', 'y')];
  const order = orderSegments(segments, ['a', 'b', 'c']);
  expect(order.map(({ spoke }) => spoke)).toEqual(['a', 'c', 'x', 'y']);
});

test('each form has the segments, and no character that is a word of the program it is for', () => {
  const forms = hudForms([segment('[creds:Y]'), segment('50% #1; $(id) `id` \\\\ [x]')]);
  expect(forms).toEqual({
    '': '[creds:Y] 50% #1; \uff04(id) \uff40id\uff40 \uff3c\uff3c [x]\n',
    '.tmux': '[creds:Y] 50% \uff031\uff1b \uff04(id) \uff40id\uff40 \uff3c\uff3c [x]\n',
    '.starship': '[creds:Y] 50\uff05 #1; \uff04(id) \uff40id\uff40 \uff3c\uff3c [x]\n',
    '.json': `${JSON.stringify([segment('[creds:Y]'), segment('50% #1; $(id) `id` \\\\ [x]')])}\n`,
  });
});

test('one segment and the whole line are bounded', () => {
  const long = hudForms([segment('x'.repeat(65))])[''];
  expect(long).toBe(`${'x'.repeat(63)}\u2026\n`);
  const many = hudForms(Array.from({ length: 100 }, (_, index) => segment(`[spoke-${index}]`)))[''];
  expect(many.length).toBeLessThanOrEqual(515);
  expect(many.endsWith('] \u2026\n')).toBe(true);
});

test('whatever spokes say, each form is one line in which nothing is a word of a prompt', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 64 }), { maxLength: 6 }), (values) => {
      const hud = new HudSegments();
      values.forEach((value, index) => {
        hud.set(`spoke-${index}`, value);
      });
      const forms = hudForms(hud.list());
      for (const form of Object.values(forms)) expect(form.indexOf('\n')).toBe(form.length - 1);
      expect(forms['']).not.toMatch(/[$`\\]/);
      expect(forms['.tmux']).not.toMatch(/[$`\\#;]/);
      expect(forms['.starship']).not.toMatch(/[$`\\%]/);
      expect(JSON.parse(forms['.json'])).toEqual(hud.list());
    }),
  );
});

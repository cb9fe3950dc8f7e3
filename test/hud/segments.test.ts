import { expect, test } from 'vitest';
import { HudSegments } from '../../core/hud/segments.ts';
import { hudPortal } from '../../core/portals/hud.ts';
import { REQUESTS, WIRE } from '../../schemas/wire.ts';
import { run } from '../portals/support/run-portal.ts';

test('segments are shown in the order in which spokes first showed something', () => {
  const hud = new HudSegments();
  hud.set('creds', '[creds:N]');
  hud.set('aws', '[aws]');
  hud.set('creds', '[creds:Y]');
  expect(hud.list()).toEqual([
    { spoke: 'creds', value: '[creds:Y]' },
    { spoke: 'aws', value: '[aws]' },
  ]);
});

test('an empty text takes the segment away, also one that is not there', () => {
  const hud = new HudSegments();
  hud.set('creds', '[creds:Y]');
  hud.set('creds', '');
  hud.set('aws', '');
  expect(hud.list()).toEqual([]);
});

test('no text moves the cursor, colours the prompt or turns its direction', () => {
  const hud = new HudSegments();
  hud.set('creds', '\u001b[31m\r\n\u202e\u200b$(id)');
  expect(hud.list()).toEqual([{ spoke: 'creds', value: '\\u001b[31m\\r\\n\\u202e\\u200b$(id)' }]);
});

test('a spoke sets its own segment, whatever it says that it is', async () => {
  const hud = new HudSegments();
  const portal = hudPortal({ setSegment: (spoke, value) => hud.set(spoke, value) });
  expect(await run(portal, 'hud_segment_value', { value: '[x]', spoke: 'other' })).toEqual({});
  expect(hud.list()).toEqual([{ spoke: 'creds', value: '[x]' }]);
});

test('a segment has at most 64 characters', () => {
  const fits = (value: string) =>
    REQUESTS.hud_segment_value.safeParse({ id: 1, cmd: 'hud_segment_value', value }).success;
  expect([fits('x'.repeat(WIRE.maxHud)), fits('x'.repeat(WIRE.maxHud + 1))]).toEqual([true, false]);
});

import { expect, test } from 'vitest';
import { judgeSilence, type Look } from '../../core/supervisor/heartbeat.ts';

const QUIET: Look = { heard: false, asked: false, heldUp: false, lateMs: 0 };

test.each<[string, Partial<Look>, string]>([
  ['has said nothing is asked for a sign of life', {}, 'ask'],
  ['was asked and has said nothing is stuck', { asked: true }, 'stuck'],
  ['has talked is left alone', { heard: true }, 'wait'],
  ['was asked and has answered is left alone', { heard: true, asked: true }, 'wait'],
  ['the daemon lets wait is not blamed for its silence', { asked: true, heldUp: true }, 'wait-asked'],
  ['the daemon lets wait is not asked', { heldUp: true }, 'wait'],
  ['is looked at late has another period', { asked: true, lateMs: 1001 }, 'wait-asked'],
  ['is looked at a little late does not', { asked: true, lateMs: 1000 }, 'stuck'],
])('a spoke that %s', (_what, look, expected) => {
  expect(judgeSilence({ ...QUIET, ...look })).toBe(expected);
});

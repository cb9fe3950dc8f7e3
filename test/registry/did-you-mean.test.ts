import { expect, it } from 'vitest';
import { didYouMean } from '../../core/did-you-mean.ts';

const KEYS = ['exec', 'name', 'notify', 'fs_read', 'fs_write', 'entrypoint'];

it.each([
  ['exce', 'exec'],
  ['eexc', 'exec'],
  ['nmae', 'name'],
  ['naem', 'name'],
  ['anme', 'name'],
  ['exe', 'exec'],
  ['execs', 'exec'],
  ['fs_raed', 'fs_read'],
  ['fs_reed', 'fs_read'],
  ['notifications', null],
  ['entrypiont', 'entrypoint'],
  ['xcee', null],
  ['', null],
])('%j is taken for %j', (word, meant) => {
  expect(didYouMean(word, KEYS)).toBe(
    meant === null ? `; known here: ${KEYS.join(', ')}` : `; did you mean '${meant}'?`,
  );
});

it('where nothing is known, nothing is said', () => {
  expect(didYouMean('exec', [])).toBe('');
});

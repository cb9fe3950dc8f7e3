import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { register } from '../../../spokes/creds/main.mjs';
import type { Reply } from '../../../spokes/runtime/api.mts';
import { EventTable } from '../../../spokes/runtime/event-table.mts';
import { makeAxium, makeEvents } from '../../../spokes/runtime/make-axium.mts';
import { makeParts } from '../support/parts.ts';
import { smallDaemon } from '../support/small-daemon.ts';

const CREDENTIALS = `[default]
aws_access_key_id = K
aws_secret_access_key = S
aws_session_token = T
expiration = 2030-01-31T18:01:30Z
`;

beforeEach(() => void vi.useFakeTimers({ now: new Date('2030-01-31T18:00:00Z') }));
afterEach(() => void vi.useRealTimers());

/** Registers the spoke; `segments` grows by one with each check. */
async function startCreds(config: { check_seconds: number }) {
  const answer = smallDaemon('creds', { config, files: { '~/.aws/credentials': CREDENTIALS } });
  const segments: unknown[] = [];
  const axium = makeAxium(
    async (request) => {
      if (request.cmd === 'hud_segment_value') segments.push(request.value);
      return answer({ id: 1, ...request }) as Reply;
    },
    { name: 'creds', version: '0.1.0' },
    makeParts(),
  );
  const events = new EventTable(() => {});
  await register(axium, makeEvents(events));
  return { segments, events };
}

test('creds checks again after the seconds of its configuration, which it reads anew each time', async () => {
  const config = { check_seconds: 60 };
  const { segments } = await startCreds(config);
  expect(segments).toEqual(['[creds:Y]']);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(segments).toEqual(['[creds:Y]']);
  await vi.advanceTimersByTimeAsync(1);
  expect(segments).toEqual(['[creds:Y]', '[creds:Y]']);
  config.check_seconds = 5;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(segments).toEqual(['[creds:Y]', '[creds:Y]', '[creds:N]']);
  await vi.advanceTimersByTimeAsync(5000);
  expect(segments).toHaveLength(4);
});

test('a check out of turn puts the next one off, and adds none', async () => {
  const { segments, events } = await startCreds({ check_seconds: 60 });
  await vi.advanceTimersByTimeAsync(30_000);
  await events.deliver('permissions_changed');
  expect(segments).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(59_999);
  expect(segments).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(segments).toHaveLength(3);
});

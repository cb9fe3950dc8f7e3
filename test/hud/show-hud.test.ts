import { mkdir, readFile } from 'node:fs/promises';
import { onTestFinished, test } from 'vitest';
import type { Foundation } from '../../core/foundation.ts';
import { showHud } from '../../core/hud/show-hud.ts';
import { configSchema } from '../../schemas/config.ts';
import { placesFor } from '../../schemas/places.ts';
import { createPowers } from '../support/powers.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

test('the questions that wait for a person stand before what spokes show, in each form, until they are answered', async () => {
  const home = makeTemporaryDirectory();
  const powers = createPowers();
  const places = placesFor({ AXIUM_HOME: home }, home);
  await mkdir(places.run);
  const state = { book: { config: configSchema.parse({}) } };
  const base = { powers, places, state, path: () => ['/usr/bin'] } as unknown as Foundation;
  const { hud, publisher, onQuestions } = showHud(base, () => ['creds']);
  onTestFinished(() => publisher.stop());
  /** Settles once a form shows this. */
  const shows = async (form: string, text: string) => {
    powers.clock.advance(1000);
    while ((await readFile(`${places.hud}${form}`, 'utf8').catch(() => '')) !== text)
      await new Promise((resolve) => setImmediate(resolve));
  };
  hud.set('creds', '[creds:Y]');
  onQuestions(1);
  for (const form of ['', '.tmux']) await shows(form, '[1 approval] [creds:Y]\n');
  onQuestions(2);
  await shows('', '[2 approvals] [creds:Y]\n');
  onQuestions(0);
  await shows('', '[creds:Y]\n');
});

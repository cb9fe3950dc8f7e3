import { expect, test } from 'vitest';
import { ATTACKS } from '../hostile/attacks.mjs';
import { EXPECTED, hostBeside } from '../hostile/support/beside.ts';

test.each(Object.keys(ATTACKS))(
  'a spoke is answered as ever beside one that is hostile: %s',
  async (attack) => {
    const { daemon, answers } = await hostBeside([attack]);
    expect(await answers()).toMatchObject(EXPECTED);
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
  },
);

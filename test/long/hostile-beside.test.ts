import { expect, test } from 'vitest';
import { ATTACKS } from '../hostile/attacks.mjs';
import { EXPECTED, hostBeside } from '../hostile/support/beside.ts';

test.each(Object.keys(ATTACKS))(
  'a spoke is answered as ever beside one that is hostile, which is ended where it breaks the rules: %s',
  async (attack) => {
    const { daemon, answers, ended } = await hostBeside([attack]);
    expect(await answers()).toMatchObject(EXPECTED);
    expect(await daemon.ask({ cmd: 'ping' })).toMatchObject({ ok: true });
    await ended();
  },
);

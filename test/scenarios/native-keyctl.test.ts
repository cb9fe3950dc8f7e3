import { expect } from 'vitest';
import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  "a spoke cannot reach its user's keyring",
  native({
    code: `
      import { call } from './native.mjs';
      const [KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING] = [0, -4];
      export const attack = () => call('keyctl', KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1);
    `,
    gets: expect.any(Number),
    refused: /^EPERM keyctl$/,
    hostMayRefuse: { with: /^(?:EPERM|ENOSYS) keyctl$/, because: 'this host has no keyrings for processes' },
  }),
);

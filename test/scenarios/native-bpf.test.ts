import { describeAttack } from './support/attack.ts';
import { native } from './support/native.ts';

describeAttack(
  'a spoke cannot load anything into the kernel with bpf',
  native({
    // An array map of one entry of four bytes.
    code: `
      import { call } from './native.mjs';
      const [BPF_MAP_CREATE, BPF_MAP_TYPE_ARRAY] = [0, 2];
      const attributes = Buffer.alloc(128);
      [BPF_MAP_TYPE_ARRAY, 4, 4, 1].forEach((value, index) => attributes.writeUInt32LE(value, 4 * index));
      export const attack = () => call('bpf', BPF_MAP_CREATE, attributes, attributes.length) > 0;
    `,
    gets: true,
    refused: /^EPERM bpf$/,
    hostMayRefuse: { with: /^(?:EPERM|ENOSYS) bpf$/, because: 'only root may use bpf on this host' },
  }),
);

import type { Facts } from '../../../spokes/runtime/api.mts';

/** A system on which all is well. */
export const WELL: Facts = {
  load: { one: 1, five: 1, fifteen: 1, cpus: 4 },
  memory: { total: 1000, available: 500, swap_total: 0, swap_free: 0 },
  pressure: { cpu: 90, memory: 0, io: 0 },
  disks: [{ mount: '/', total: 1000, free: 500, inodes: 1000, inodes_free: 500 }],
  failed_units: [],
  cpu_governors: ['schedutil'],
  generations: null,
};

/** One that tells nothing of itself. */
export const SILENT: Facts = {
  load: null,
  memory: null,
  pressure: { cpu: null, memory: null, io: null },
  disks: [],
  failed_units: null,
  cpu_governors: [],
  generations: null,
};

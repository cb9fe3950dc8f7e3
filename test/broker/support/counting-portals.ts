import type { BrokerInput } from '../../../core/broker.ts';
import type { PortalEntry, Prepared, Staged } from '../../../core/portals/portal.ts';

export interface Counts {
  prepared: number;
  performed: number;
  released: number;
}

/** Counts what a broker does with its portals; each of them can be changed before. */
export function countPortals(change: (entry: PortalEntry) => PortalEntry = (entry) => entry) {
  const counts: Counts = { prepared: 0, performed: 0, released: 0 };
  const counted = (entry: PortalEntry): PortalEntry => ({
    ...entry,
    async prepare(...args) {
      const prepared = await entry.prepare(...args);
      counts.prepared += 1;
      return {
        target: prepared.target,
        perform: () => {
          counts.performed += 1;
          return prepared.perform();
        },
        release: () => {
          counts.released += 1;
          return prepared.release();
        },
      };
    },
    stage:
      entry.stage &&
      ((...args) => {
        const staged = entry.stage?.(...args) as Staged;
        counts.prepared += 1;
        return {
          reply: staged.reply,
          commit: () => {
            counts.performed += 1;
            staged.commit();
          },
        };
      }),
  });
  const changed = ({ portals }: BrokerInput) => ({
    portals: Object.fromEntries(
      Object.entries(portals).map(([cmd, entry]) => [cmd, counted(change(entry))]),
    ) as BrokerInput['portals'],
  });
  return { counts, changed };
}

/** Exchanges a part of what a portal prepares. */
export function preparing(part: Partial<Prepared>) {
  return (entry: PortalEntry): PortalEntry => ({
    ...entry,
    prepare: async (...args) => ({ ...(await entry.prepare(...args)), ...part }),
  });
}

/** Exchanges what a portal does to prepare. */
export function unprepared(prepare: PortalEntry['prepare']) {
  return (entry: PortalEntry): PortalEntry => ({ ...entry, prepare });
}

export function throwing(error: unknown) {
  return () => Promise.reject(error);
}

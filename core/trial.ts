import type { Mediate } from '../schemas/message.ts';
import { createPreview } from './broker/preview.ts';
import { type BrokerInput, createBroker } from './broker.ts';
import { canPortal } from './portals/can.ts';
import { hudPortal } from './portals/hud.ts';
import { entry, memoryEntry } from './portals/portal.ts';

/** A broker for a version that runs beside the one that counts. */
export interface Trial {
  readonly mediate: Mediate;
  /** What it would show in the HUD. */
  readonly segment: () => string;
}

/** Mediates under these policies; what is said for the HUD is kept back, since it is the other one that shows something. */
export function createTrial(broker: BrokerInput, policies: BrokerInput['policies']): Trial {
  let segment = '';
  const setSegment = (_spoke: string, value: string) => {
    segment = value;
  };
  const portals = {
    ...broker.portals,
    hud_segment_value: memoryEntry(hudPortal({ setSegment })),
    can: entry(canPortal({ preview: (subject, request) => createPreview(own)(subject, request) })),
  };
  const own: BrokerInput = { ...broker, portals, policies };
  return { mediate: createBroker(own), segment: () => segment };
}

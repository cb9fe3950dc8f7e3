import { type Manifest, TRIGGER_EVENTS, type TriggerEvent } from '../../schemas/manifest.ts';
import type { Event } from '../../schemas/wire.ts';

/** What a spoke that runs on demand is started for: what kind of thing, and which. */
export interface Cause {
  readonly why: 'command' | 'event' | 'timer';
  readonly trigger: string;
}

/** Why an event starts a spoke with this manifest, or null where it does not. */
export function causeIn({ activation, triggers }: Manifest, event: Event): Cause | null {
  if (activation === 'always') return null;
  if (event.event === 'due') return { why: 'timer', trigger: event.timer };
  const name = TRIGGER_EVENTS.find((trigger: TriggerEvent) => trigger === event.event);
  return name !== undefined && triggers.events.includes(name) ? { why: 'event', trigger: name } : null;
}

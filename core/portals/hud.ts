import type { MemoryPortal } from './portal.ts';

/** Sets the text that a spoke shows in the HUD; an empty one takes it away. */
export function hudPortal({
  setSegment,
}: {
  readonly setSegment: (spoke: string, value: string) => void;
}): MemoryPortal<'hud_segment_value'> {
  return {
    action: 'hud',
    resource: () => null,
    stage: ({ value }, { spoke }) => ({ reply: {}, commit: () => setSegment(spoke, value) }),
  };
}

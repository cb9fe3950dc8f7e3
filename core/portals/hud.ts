import { type Portal, plainTarget } from './portal.ts';

/** Sets the text that a spoke shows in the HUD; an empty one takes it away. */
export function hudPortal({
  setSegment,
}: {
  readonly setSegment: (spoke: string, value: string) => void;
}): Portal<'hud_segment_value', null> {
  return {
    action: 'hud',
    resource: () => null,
    resolve: plainTarget,
    perform(_resolved, { value }, { spoke }) {
      setSegment(spoke, value);
      return {};
    },
  };
}

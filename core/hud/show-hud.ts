import type { Foundation } from '../foundation.ts';
import { asSegments, questionsBadge } from './badges.ts';
import { orderSegments } from './forms.ts';
import { HudPublisher } from './publisher.ts';
import { createTmuxPush } from './push-tmux.ts';
import { HudSegments } from './segments.ts';

/** The HUD, in the files and the tmux of the user. */
export interface ShownHud {
  readonly hud: HudSegments;
  readonly publisher: HudPublisher;
  /** So many questions wait for a person now. */
  readonly onQuestions: (waiting: number) => void;
}

/** `spokes` names those that run, in the order in which they are shown. */
export function showHud(
  { powers, places, state: { book }, path }: Foundation,
  spokes: () => readonly string[],
): ShownHud {
  let questionsWaiting = 0;
  const hud = new HudSegments(() => publisher.changed());
  const publisher = new HudPublisher({
    powers,
    file: places.hud,
    segments: () => [...asSegments(questionsBadge(questionsWaiting)), ...orderSegments(hud.list(), spokes())],
    push: createTmuxPush({ powers, wanted: () => book.config.hud.tmux, path }),
  });
  return {
    hud,
    publisher,
    onQuestions: (waiting) => {
      questionsWaiting = waiting;
      publisher.changed();
    },
  };
}

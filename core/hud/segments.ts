import { visibleText } from '../../schemas/visible-text.ts';

/** What each spoke shows in the HUD, in the order in which they first showed something. */
export class HudSegments {
  readonly #values = new Map<string, string>();
  readonly #onChange: () => void;

  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  /** Sets a spoke's text, made safe for a prompt; an empty one takes it away. */
  set(spoke: string, value: string): void {
    const shown = value === '' ? undefined : visibleText(value);
    if (this.#values.get(spoke) === shown) return;
    if (shown === undefined) this.#values.delete(spoke);
    else this.#values.set(spoke, shown);
    this.#onChange();
  }

  list(): readonly { readonly spoke: string; readonly value: string }[] {
    return [...this.#values].map(([spoke, value]) => ({ spoke, value }));
  }
}

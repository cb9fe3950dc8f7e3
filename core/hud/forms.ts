export interface Segment {
  readonly spoke: string;
  /** With nothing unseen in it. */
  readonly value: string;
}

/** Characters of one segment and of the whole line; what does not fit is left out. */
const MAX_SEGMENT = 64;
const MAX_LINE = 512;

/** The segments in the order of the spokes, then those of spokes that are not in it. */
export function orderSegments(segments: readonly Segment[], order: readonly string[]): readonly Segment[] {
  const placeOf = ({ spoke }: Segment) => {
    const place = order.indexOf(spoke);
    return place < 0 ? order.length : place;
  };
  return segments.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/**
 * The HUD as the files that prompts and status bars read, by the ending of their names. A prompt is a program in the
 * language of its shell, so what could be one of its words is put as another character that looks like it: whichever way
 * a text gets into a prompt, nothing that a spoke wrote runs.
 */
export function hudForms(segments: readonly Segment[]): Readonly<Record<(typeof FORMS)[number], string>> {
  const line = joinSegments(segments);
  return {
    '': `${lookAlike(line, /[$`\\]/g)}\n`,
    // `#(...)` is a command of tmux, `#[...]` a style, and a semicolon ends one of its commands.
    '.tmux': `${lookAlike(line, /[$`\\#;]/g)}\n`,
    // Printed into the prompt of a shell, which expands it once more.
    '.starship': `${lookAlike(line, /[$`\\%]/g)}\n`,
    '.json': `${JSON.stringify(segments)}\n`,
  };
}

export const FORMS = ['', '.tmux', '.starship', '.json'] as const;

function joinSegments(segments: readonly Segment[]): string {
  let line = '';
  for (const { value } of segments) {
    const next = line === '' ? clipped(value) : `${line} ${clipped(value)}`;
    if (next.length > MAX_LINE) return `${line} \u2026`;
    line = next;
  }
  return line;
}

function clipped(value: string): string {
  const characters = [...value];
  return characters.length <= MAX_SEGMENT ? value : `${characters.slice(0, MAX_SEGMENT - 1).join('')}\u2026`;
}

/** The fullwidth form of each such ASCII character. */
function lookAlike(text: string, characters: RegExp): string {
  return text.replace(characters, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
}

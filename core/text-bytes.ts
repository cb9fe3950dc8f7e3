/** Bytes of text that need no buffer of their own. */
const ROOM = 65_536;

/** Where text becomes bytes, so that not each piece of it leaves a buffer behind. */
export class TextBytes {
  /** Made with the first text. */
  #room: Buffer | null = null;

  /** As UTF-8. Good until the next call. */
  bytesOf(text: string): Buffer {
    if (text.length > ROOM) return Buffer.from(text);
    this.#room ??= Buffer.allocUnsafeSlow(ROOM);
    const length = this.#room.write(text);
    // Where a further character could not have found its place, this may be the beginning alone.
    return length > ROOM - 4 ? Buffer.from(text) : this.#room.subarray(0, length);
  }
}

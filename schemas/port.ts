/**
 * How the bytes of a channel travel through a MessagePort, where the spoke is a thread of the daemon. A message is either
 * a piece, which is a Uint8Array of at least one byte, or a number: so many pieces were taken, so many more may come. A
 * port has no backpressure of its own, and without this whoever sends would fill the memory of whoever reads slowly.
 */
export const PORT = {
  /** Pieces that may be on their way in one direction, or lie there unread. */
  credits: 4,
  /** Bytes of one piece. A longer line travels in several. */
  maxPiece: 1_048_576,
} as const;

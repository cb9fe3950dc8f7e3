/** What a line carried breaks the rules of the wire below the level of its lines. The message says how. */
export class ChannelFault extends Error {}

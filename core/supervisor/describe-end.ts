import type { Exit } from '../sandbox/sandbox.ts';

/** How Node and its libraries end a process that asked for memory and got none. */
const OUT_OF_MEMORY: Readonly<Record<string, number>> = {
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGSEGV: 11,
};
/** What a launcher adds to the number of the signal that ended what it had started. */
const BY_SIGNAL = 128;

/** How a process ended, for whoever asks why a spoke is not there. The kernel does not say that a limit was the reason. */
export function describeEnd({ code, signal }: Pick<Exit, 'code' | 'signal'>): string {
  const how = signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
  const number = signal === null ? (code ?? 0) - BY_SIGNAL : OUT_OF_MEMORY[signal];
  const isLikely = number !== undefined && Object.values(OUT_OF_MEMORY).includes(number);
  return isLikely ? `${how}, as happens where it gets no more memory (sandbox.memory in config.yaml)` : how;
}

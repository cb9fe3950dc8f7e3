/** What the kernel does with a call: let it through, or fail it with that error. */
export type Answer = 'allow' | 'EPERM' | 'EACCES' | 'ENOSYS' | 'ENOTTY' | 'EAFNOSUPPORT';

/**
 * A test of one argument: of its low 32 bits, which is all that the kernel looks at in the arguments that are tested
 * here. It holds where the bits under `mask` are one of `oneOf`.
 */
export interface ArgumentTest {
  readonly argument: number;
  readonly mask?: number;
  readonly oneOf: readonly number[];
}

/** Calls that get the same answer for the same reason. Where several groups name a call, the first that holds counts. */
export interface CallGroup {
  readonly why: string;
  readonly calls: readonly string[];
  readonly answer: Answer;
  readonly when?: ArgumentTest;
}

/** A whole filter: what each named call gets, and what every other one gets. */
export interface CallPolicy {
  readonly groups: readonly CallGroup[];
  readonly otherwise: Answer;
}

/** Stands for the process id of whoever loads the filter, which is not known while it is put together. */
export const OWN_PID = 0x7eadbeef;

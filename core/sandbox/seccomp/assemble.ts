import { type Architecture, SYSCALLS } from './numbers.ts';
import type { Answer, ArgumentTest, CallGroup, CallPolicy } from './policy.ts';

/** Classic BPF, as seccomp(2) takes it: code, jump if true, jump if false, operand. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

const LOAD_WORD = 0x20;
const JUMP = 0x05;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const AND = 0x54;
const RETURN = 0x06;

/** Offsets in struct seccomp_data. */
const DATA = { number: 0, architecture: 4, arguments: 16 } as const;

const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

const KILL_PROCESS = 0x8000_0000;
const ALLOW = 0x7fff_0000;
const ERRNO = 0x0005_0000;
const ERRNO_OF = { EPERM: 1, EACCES: 13, ENOTTY: 25, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/** The numbers of the x32 interface begin here; they are other doors to the same calls. */
const X32 = 0x4000_0000;
const MAX_INSTRUCTIONS = 4096;
const MAX_JUMP = 255;

export function isArchitecture(arch: string): arch is Architecture {
  return Object.hasOwn(SYSCALLS, arch);
}

/**
 * Assembles a policy into a filter program, 8 bytes an instruction, little-endian. A call by another architecture's
 * numbers ends the process. Names that the architecture does not have are passed over. Throws where the program would
 * be larger than the kernel takes.
 */
export function assembleFilter(policy: CallPolicy, architecture: Architecture): Buffer {
  const numbers = SYSCALLS[architecture];
  const program: Instruction[] = [
    [LOAD_WORD, 0, 0, DATA.architecture],
    [JUMP_IF_EQUAL, 1, 0, AUDIT_ARCHITECTURE[architecture]],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD_WORD, 0, 0, DATA.number],
  ];
  if (architecture === 'x64') program.push([JUMP_IF_AT_LEAST, 0, 1, X32], answer('ENOSYS'));
  for (const [name, groups] of groupsByCall(policy)) {
    const number = numbers[name];
    if (number === undefined) continue;
    const body = bodyOf(groups, policy.otherwise);
    if (body.length > MAX_JUMP) throw new Error(`the rules for ${name} are too long`);
    program.push([JUMP_IF_EQUAL, 0, body.length, number], ...body);
  }
  program.push(answer(policy.otherwise));
  if (program.length > MAX_INSTRUCTIONS) throw new Error('the filter is too long');
  return encode(program);
}

function groupsByCall({ groups }: CallPolicy): ReadonlyMap<string, readonly CallGroup[]> {
  const byCall = new Map<string, CallGroup[]>();
  for (const group of groups) {
    for (const call of group.calls) byCall.set(call, [...(byCall.get(call) ?? []), group]);
  }
  return byCall;
}

/** What is done for one call: the first group whose test holds answers. Every body ends in a return. */
function bodyOf(groups: readonly CallGroup[], otherwise: Answer): readonly Instruction[] {
  const body: Instruction[] = [];
  for (const { when, answer: given } of groups) {
    if (when === undefined) return [...body, answer(given)];
    body.push(...testArgument(when), answer(given));
  }
  return [...body, answer(otherwise)];
}

/** Falls through to the next instruction where the test holds, and jumps over it where it does not. */
function testArgument({ argument, mask, oneOf }: ArgumentTest): readonly Instruction[] {
  const load: Instruction[] = [[LOAD_WORD, 0, 0, DATA.arguments + 8 * argument]];
  if (mask !== undefined) load.push([AND, 0, 0, mask]);
  // Each match jumps over the comparisons after it and over the jump that skips the answer.
  const compare = oneOf.map((value, index): Instruction => [JUMP_IF_EQUAL, oneOf.length - index, 0, value]);
  return [...load, ...compare, [JUMP, 0, 0, 1]];
}

function answer(given: Answer): Instruction {
  return [RETURN, 0, 0, given === 'allow' ? ALLOW : ERRNO | ERRNO_OF[given]];
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, whenTrue, whenFalse, operand], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(whenTrue, at + 2);
    bytes.writeUInt8(whenFalse, at + 3);
    bytes.writeUInt32LE(operand >>> 0, at + 4);
  });
  return bytes;
}

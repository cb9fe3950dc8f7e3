/** What the kernel hands a filter about one call: its number, whose numbers these are, and its arguments. */
export interface Call {
  readonly number: number;
  /** As linux/audit.h tells it. */
  readonly architecture: number;
  readonly arguments: readonly (number | bigint)[];
}

export const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003, arm: 0x40000028 } as const;

const BYTES = 8;
const CODE = { loadWord: 0x20, and: 0x54, jump: 0x05, jumpIfEqual: 0x15, jumpIfAtLeast: 0x35, return: 0x06 };
const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  13: 'EACCES',
  25: 'ENOTTY',
  38: 'ENOSYS',
  97: 'EAFNOSUPPORT',
};

/**
 * Runs a filter as the kernel would and tells what it decides. Throws where the kernel would not have taken the program:
 * for an instruction that it does not know, a load from beside the data, or an end without an answer.
 */
export function simulateFilter(program: Buffer, call: Call): string {
  const data = layOut(call);
  let accumulator = 0;
  let next = 0;
  while (next * BYTES < program.length) {
    const instruction = program.subarray(next * BYTES, (next + 1) * BYTES);
    const operand = instruction.readUInt32LE(4);
    const jumpIf = (holds: boolean) => instruction.readUInt8(holds ? 2 : 3);
    next += 1;
    switch (instruction.readUInt16LE(0)) {
      case CODE.loadWord:
        accumulator = data.readUInt32LE(operand);
        break;
      case CODE.and:
        accumulator = (accumulator & operand) >>> 0;
        break;
      case CODE.jump:
        next += operand;
        break;
      case CODE.jumpIfEqual:
        next += jumpIf(accumulator === operand);
        break;
      case CODE.jumpIfAtLeast:
        next += jumpIf(accumulator >= operand);
        break;
      case CODE.return:
        return describeAnswer(operand);
      default:
        throw new Error(`instruction ${next - 1} is unknown: ${instruction.toString('hex')}`);
    }
  }
  throw new Error('the filter ends without an answer');
}

/** struct seccomp_data. */
function layOut({ number, architecture, arguments: given }: Call): Buffer {
  const data = Buffer.alloc(64);
  data.writeInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of given.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index);
  return data;
}

function describeAnswer(answer: number): string {
  const [action, low] = [(answer & 0xffff_0000) >>> 0, answer & 0xffff];
  if (action === 0x7fff_0000) return 'allow';
  if (action === 0x8000_0000) return 'end the process';
  if (action === 0x0005_0000) return ERRNO_NAMES[low] ?? `errno ${low}`;
  throw new Error(`an answer of another kind: 0x${answer.toString(16)}`);
}

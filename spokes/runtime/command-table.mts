import type { Event, WIRE } from '../../schemas/wire.ts';
import type { CommandHandler, CommandOutput, Reply, WireRequest } from './api.mts';

// Typed by the schema that the daemon checks against: the two cannot drift apart.
const MAX_OUTPUT: typeof WIRE.maxCommandOutput = 131_072;

type Call = Extract<Event, { event: 'command' }>;
type Send = (request: WireRequest) => Promise<Reply>;

/** The commands that this spoke offers to people, and what it does when one is called. */
export class CommandTable {
  readonly #handlers = new Map<string, CommandHandler>();
  readonly #report: (command: string, error: unknown) => void;

  constructor(report: (command: string, error: unknown) => void) {
    this.#report = report;
  }

  set(name: string, handler: CommandHandler): void {
    this.#handlers.set(name, handler);
  }

  /** Does what a person asked for and tells the daemon what came of it. Never rejects. */
  async run({ call, command, args }: Call, send: Send): Promise<void> {
    const said = { stdout: '', stderr: '' };
    const say = (stream: keyof typeof said, text: string) => {
      const line = String(text);
      const room = MAX_OUTPUT - said[stream].length;
      said[stream] += (line.endsWith('\n') ? line : `${line}\n`).slice(0, room);
    };
    const output: CommandOutput = {
      print: (text) => say('stdout', text),
      warn: (text) => say('stderr', text),
    };
    const code = await this.#result(command, args, output).catch((error: unknown) => {
      this.#report(command, error);
      output.warn(error instanceof Error ? error.message : String(error));
      return 1;
    });
    const reply = await send({ cmd: 'command_done', call, code, ...said });
    // Of characters that take six bytes as JSON, a line holds less.
    if (!reply.ok && reply.code === 'too_large') {
      const stderr = 'the command printed more than can be passed on\n';
      await send({ cmd: 'command_done', call, code: code === 0 ? 1 : code, stderr });
    }
  }

  async #result(command: string, args: readonly string[], output: CommandOutput): Promise<number> {
    const handler = this.#handlers.get(command);
    if (handler === undefined) throw new Error(`there is no command '${command}'`);
    const result: unknown = await handler(args, output);
    if (typeof result === 'string') output.print(result);
    if (typeof result !== 'number') return 0;
    if (Number.isInteger(result) && result >= 0 && result <= 255) return result;
    throw new RangeError(`expected an exit code from 0 to 255, found ${result}`);
  }
}

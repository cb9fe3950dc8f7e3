import { AxiumError } from '../errors.ts';

/**
 * Splits a command into words as a POSIX shell would, quotes included, and does nothing else of what a shell does. Text
 * that a shell would act on is refused and not passed on, since whoever wrote it expected a shell.
 */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at] ?? '';
    if (character === "'") {
      const end = closing(command, at, "'");
      word = (word ?? '') + command.slice(at + 1, end);
      at = end;
    } else if (character === '"') {
      const { text, end } = readDoubleQuotes(command, at);
      word = (word ?? '') + text;
      at = end;
    } else if (character === '\\') {
      at += 1;
      if (at === command.length)
        throw new AxiumError('invalid', 'command: expected a character after the backslash');
      // A backslash joins two lines into one.
      if (command[at] !== '\n') word = (word ?? '') + command[at];
    } else if (character === ' ' || character === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else {
      refuseOperator(command, at);
      word = (word ?? '') + character;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function readDoubleQuotes(command: string, start: number): { text: string; end: number } {
  const end = closing(command, start, '"');
  let text = '';
  for (let at = start + 1; at < end; at += 1) {
    if (command.startsWith('\\\n', at)) {
      at += 1;
      continue;
    }
    if (command[at] === '\\' && '"\\$`'.includes(command[at + 1] ?? ' ')) at += 1;
    else if (command[at] === '`' || command.startsWith('$(', at)) refuseOperator(command, at);
    text += command[at];
  }
  return { text, end };
}

function closing(command: string, start: number, quote: string): number {
  for (let at = start + 1; at < command.length; at += 1) {
    if (quote === '"' && command[at] === '\\') at += 1;
    else if (command[at] === quote) return at;
  }
  throw new AxiumError('invalid', `command: expected a closing ${quote}`);
}

function refuseOperator(command: string, at: number): void {
  const operator = /^(?:&&|\|\||>>|<<|\$\(|[;|&<>()`\n])/.exec(command.slice(at, at + 2))?.[0];
  if (operator === undefined) return;
  const shown = operator === '\n' ? 'a line break' : `'${operator}'`;
  throw new AxiumError(
    'invalid',
    `command: ${shown} means something to a shell only, and there is none; run one program, or quote it`,
  );
}

import { constants } from 'node:fs';
import type { CommandTarget } from '../../schemas/decision.ts';
import { WIRE } from '../../schemas/wire.ts';
import { AxiumError } from '../errors.ts';
import type { Powers } from '../powers.ts';
import { splitCommand } from './split-command.ts';

export interface CommandPowers {
  readonly files: Powers['files'];
  /** Directories in which a bare program name is looked up, in order. Never the daemon's own PATH. */
  readonly path: readonly string[];
}

/**
 * The exact words that would run, the program as an absolute path. A program that is not there keeps its name, so that
 * it is decided like any other.
 */
export async function resolveCommand(
  powers: CommandPowers,
  command: string | readonly string[],
): Promise<CommandTarget> {
  const words = typeof command === 'string' ? splitCommand(command) : command;
  const [program = '', ...rest] = words;
  if (words.length === 0 || program.trim() === '') throw new AxiumError('denied', 'empty command');
  if (words.length > WIRE.maxWords || words.reduce((sum, word) => sum + word.length, 0) > WIRE.maxCommand) {
    throw new AxiumError(
      'too_large',
      `command: expected at most ${WIRE.maxWords} words and ${WIRE.maxCommand} characters`,
    );
  }
  if (words.some((word) => word.includes('\0')))
    throw new AxiumError('invalid', 'command: expected no NUL character');
  if (program.startsWith('-'))
    throw new AxiumError('invalid', 'command: expected a program first, found an option');
  if (program.includes('/') && !program.startsWith('/')) {
    throw new AxiumError('invalid', 'command: expected a bare program name or an absolute path');
  }
  const found = program.startsWith('/')
    ? await executableAt(powers.files, program)
    : await lookUp(powers, program);
  if (found === null) return { kind: 'command', argv: [program, ...rest], names: [program], missing: true };
  const names = await namesOf(powers, found, program);
  const real = await powers.files.realpath(found).catch(() => found);
  const realNames = real === found ? [] : await namesOf(powers, real, real);
  return { kind: 'command', argv: [found, ...rest], names, ...(realNames.length > 0 ? { realNames } : {}) };
}

/**
 * Every name that a pattern may call a program by: where it really is, as it was asked for, the same file under the
 * directories of PATH that are links, and its bare name where PATH finds this very file by it.
 */
async function namesOf(powers: CommandPowers, found: string, asked: string): Promise<readonly string[]> {
  const cut = found.lastIndexOf('/');
  const [directory, bare] = [found.slice(0, cut), found.slice(cut + 1)];
  const real = await Promise.all(powers.path.map((one) => powers.files.realpath(one).catch(() => one)));
  const aliases = powers.path.filter((_, index) => real[index] === directory).map((one) => `${one}/${bare}`);
  const byName = (await lookUp(powers, bare)) === found ? [bare] : [];
  return [...new Set([found, ...byName, ...aliases, ...(asked.startsWith('/') ? [asked] : [])])];
}

async function lookUp({ files, path }: CommandPowers, name: string): Promise<string | null> {
  for (const directory of path) {
    const found = await executableAt(files, `${directory}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

/** The path of a program, its directory without links, so that /bin/ls and /usr/bin/ls are one. */
async function executableAt(files: Powers['files'], path: string): Promise<string | null> {
  try {
    const cut = path.lastIndexOf('/');
    const directory = await files.realpath(path.slice(0, cut) || '/');
    const program = `${directory === '/' ? '' : directory}/${path.slice(cut + 1)}`;
    await files.access(program, constants.X_OK);
    return (await files.stat(program)).isFile() && (await isProgram(files, program)) ? program : null;
  } catch {
    return null;
  }
}

/**
 * True for what the kernel runs by itself. Anything else execvp(3) would hand to /bin/sh, and there is never a shell. A
 * file that may be run and not read is left to the kernel: a shell could not read it either.
 */
async function isProgram(files: Powers['files'], path: string): Promise<boolean> {
  const handle = await files.open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (handle === null) return true;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    return start === '\x7fELF' || start.startsWith('#!');
  } finally {
    await handle.close();
  }
}

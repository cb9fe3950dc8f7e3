import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AxiumHome } from './axium-home.ts';

export const CLI = fileURLToPath(new URL('../../../dist/cli/axium.cjs', import.meta.url));
export const SCRIPT = '/usr/bin/script';

/** What to type at a terminal, once what stands there calls for it; null as long as it does not. */
export type Typist = (text: string) => string | null;

/** Types this at the question whether to run it. */
export const confirming =
  (answer: string): Typist =>
  (text) =>
    text.includes('Run it? [y/N') ? answer : null;

/**
 * Runs commands of a shell at a terminal of their own, `axium` among them, types one line there, and returns what stands on
 * the terminal in the end.
 */
export function runAtTerminal(
  home: AxiumHome,
  command: string,
  typist: Typist = () => null,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(
      SCRIPT,
      ['-qec', command.replaceAll('axium ', `${process.execPath} ${CLI} `), '/dev/null'],
      {
        env: { ...process.env, ...home.env },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    let text = '';
    let isTyped = false;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const line = isTyped ? null : typist(text);
      if (line === null) return;
      isTyped = true;
      child.stdin.write(`${line}\n`);
    });
    child.once('close', () => resolve(text.replaceAll('\r', '')));
  });
}

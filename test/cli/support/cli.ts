import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

export interface World {
  /** AXIUM_HOME: everything that the command and its daemon touch. */
  readonly axium: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A user with a home of their own, whose clock shows UTC. All of it is gone after the test. */
export async function makeWorld(env: Readonly<Record<string, string>> = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'axium-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const home = `${directory}/home`;
  const axium = `${home}/axium`;
  for (const part of ['config', 'state', 'run']) {
    await mkdir(`${axium}/${part}`, { recursive: true, mode: 0o700 });
  }
  return { axium, home, env: { HOME: home, AXIUM_HOME: axium, TZ: 'UTC', PATH: process.env.PATH, ...env } };
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command as a process of its own. */
export function axium(world: World, ...args: readonly string[]): Promise<Outcome> {
  return runIn(PACKAGE, world, ...args);
}

/** The same from another copy of the package. */
export async function runIn(root: string, world: World, ...args: readonly string[]): Promise<Outcome> {
  return run(root, world, null, args);
}

/** The same, with something on standard input. */
export function axiumWith(world: World, input: string, ...args: readonly string[]): Promise<Outcome> {
  return run(PACKAGE, world, input, args);
}

async function run(
  root: string,
  { env }: World,
  input: string | null,
  args: readonly string[],
): Promise<Outcome> {
  const child = spawn(process.execPath, [`${root}/dist/cli/axium.cjs`, ...args], {
    env: { ...env },
    stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  child.stdin?.end(input);
  // One that has ended by then is not there to be signalled.
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('exit', resolve).once('error', reject);
    }),
  ]);
  return { code, stdout, stderr };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += chunk;
  return text;
}

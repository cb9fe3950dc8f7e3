import { AxiumError } from '../errors.ts';
import { runCommand } from '../jobs/run-command.ts';
import type { Powers } from '../powers.ts';
import { findPython } from '../sandbox/program-words.ts';
import type { StripTypes } from './compile-types.ts';
import type { SpokeFile } from './spoke-files.ts';

export interface SyntaxInput {
  readonly powers: Pick<Powers, 'filesNow' | 'spawn' | 'signal' | 'clock'>;
  readonly node: string;
  /** Where the files lie. */
  readonly directory: string;
  readonly strip: StripTypes;
}

const LIMITS = { timeoutMs: 30_000, maxOutput: 65_536 } as const;

/**
 * What is no valid code among the files of a spoke, as `file:line:column: what`, and an entry module of Python without its
 * function. Nothing of it is run. Python is looked at where there is one.
 */
export async function checkSyntax(
  input: SyntaxInput,
  files: readonly SpokeFile[],
  entry: PythonEntry | null,
): Promise<readonly string[]> {
  const paths = (ending: RegExp) => files.filter(({ path }) => ending.test(path));
  const javascript = await Promise.all(paths(/\.[cm]?js$/).map((file) => problemInJavascript(input, file)));
  return [
    ...javascript.filter((problem) => problem !== null),
    ...(await problemsInPython(
      input,
      paths(/\.py$/).map(({ path }) => path),
      entry,
    )),
  ];
}

/** Node decides, and what strips types knows the place, which Node 20 keeps to itself. */
async function problemInJavascript(
  { powers, node, directory, strip }: SyntaxInput,
  { path, bytes }: SpokeFile,
): Promise<string | null> {
  try {
    strip(bytes.toString('utf8'), path);
    return null;
  } catch (error) {
    if (!(error instanceof AxiumError)) throw error;
    const check = runCommand(powers, {
      argv: [node, '--check', `${directory}/${path}`],
      env: {},
      cwd: '/',
      limits: LIMITS,
    });
    const { code } = await check.finished;
    return code === 0 ? null : error.message;
  }
}

/** The entry module of a spoke in Python, and the function that is to be in it. */
export interface PythonEntry {
  readonly path: string;
  readonly function: string;
  /** Where the manifest names the two: `file:line:column`. */
  readonly place: string;
}

/** A name is missed only where no statement of any kind gives it: what makes names in other ways is believed. */
const PYTHON_CHECK = `
import ast, sys
entry, function, place, *paths = sys.argv[1:]
MAKERS = {"*", "globals", "locals", "vars", "exec", "eval", "setattr", "__getattr__", "__dict__"}
def given(node):
    if isinstance(node, ast.Name): return node.id
    if isinstance(node, ast.Attribute): return node.attr
    if isinstance(node, ast.alias): return (node.asname or node.name).split(".")[0]
    return getattr(node, "name", None)
for path in paths:
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
        names = {given(node) for node in ast.walk(tree)}
        if path == entry and function not in names and not names & MAKERS:
            print(f"{place}: expected a function '{function}' in {path}, and nothing there has that name; define it, or name another after the ':'")
    except SyntaxError as error:
        print(f"{path}:{error.lineno}:{error.offset}: {error.msg}")
    except ValueError as error:
        print(f"{path}:1:1: {error}")
`;

async function problemsInPython(
  { powers, directory }: SyntaxInput,
  paths: readonly string[],
  entry: PythonEntry | null,
): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const expected = entry === null ? ['', '', ''] : [entry.path, entry.function, entry.place];
  const check = runCommand(powers, {
    argv: [findPython(powers), '-I', '-B', '-X', 'utf8', '-c', PYTHON_CHECK, ...expected, ...paths],
    env: {},
    cwd: directory,
    limits: LIMITS,
  });
  await check.finished;
  return check.stdout().split('\n').filter(Boolean);
}

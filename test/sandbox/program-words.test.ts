import { expect, it } from 'vitest';
import { programWords } from '../../core/sandbox/program-words.ts';

const AT = { node: '/node', runtime: '/runtime', python: '/python', spoke: '/spoke' };
const RUNTIME = {
  permissionFlags: (readable: readonly string[]) => readable.map((path) => `--read=${path}`),
};

/** Files of a host on which `/usr/bin/python3` and `/usr/local/bin/python3` are what is told. */
function hostWith(stats: Readonly<Record<string, { readonly uid: number; readonly mode: number }>>) {
  const statSync = (path: string) => {
    const stat = stats[path];
    if (!stat) throw new Error('ENOENT');
    return { ...stat, isFile: () => true };
  };
  return { filesNow: { statSync } as never };
}

const words = (host: object, runtime: 'node' | 'python' | 'exec') =>
  programWords(host as never, RUNTIME, { directory: '/d', module: 'bin/main', runtime }, AT);

it('Node gets its permission model, and a program nothing but its own name', () => {
  expect(words(hostWith({}), 'node')).toEqual([
    '/node',
    '--read=/spoke',
    '--read=/runtime',
    '/runtime/bootstrap.cjs',
  ]);
  expect(words(hostWith({}), 'exec')).toEqual(['/spoke/bin/main']);
});

it("Python is the first that is there and root's alone", () => {
  const safe = { uid: 0, mode: 0o100755 };
  const [first, second] = ['/usr/bin/python3', '/usr/local/bin/python3'];
  expect(words(hostWith({ [first]: safe, [second]: safe }), 'python')[0]).toBe(first);
  expect(words(hostWith({ [first]: { uid: 1000, mode: 0o100755 }, [second]: safe }), 'python')[0]).toBe(
    second,
  );
  expect(words(hostWith({ [first]: { uid: 0, mode: 0o100775 }, [second]: safe }), 'python')[0]).toBe(second);
});

it('a Python that is missing is told with where it is expected and what to do', () => {
  expect(() => words(hostWith({}), 'python')).toThrow(
    "runtime: python needs Python 3; expected /usr/bin/python3 or /usr/local/bin/python3, root's alone, found neither; install the package python3",
  );
});

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type Line, SpokeProcess, startWithoutChannel, writeModule } from '../support/spoke-process.ts';

test('a spoke says hello first, learns who it is, and is ready only when register has settled', async () => {
  const spoke = new SpokeProcess({
    module: 'greets.mjs',
    answer: ({ cmd }) => (cmd === 'hud_segment_value' ? undefined : { ok: true }),
  });
  const hud = await spoke.line('hud_segment_value');
  expect(hud.value).toBe('fixture 1.2.3');
  // What comes after it is answered while register still waits.
  spoke.send({ event: 'permissions_changed' });
  await spoke.line('storage_put');
  expect(spoke.lines.map(({ cmd }) => cmd)).toEqual(['hello', 'hud_segment_value', 'storage_put']);
  expect(spoke.lines[0]).toEqual({ id: 1, cmd: 'hello', api: 1 });
  spoke.send({ id: hud.id, ok: true });
  await spoke.line('ready');
});

test('the function of a CommonJS module is found though its exports have no names', async () => {
  const spoke = new SpokeProcess({ module: 'late-names.cjs' });
  await spoke.line('ready');
  expect(spoke.sent('hud_segment_value').map(({ value }) => value)).toEqual(['from CommonJS']);
});

const REGISTER =
  "const register = (axium) => axium.sendRequest({ cmd: 'hud_segment_value', value: 'it' });\n";

/** Every kind of module that a spoke can be, by the name of its file. Each says that it runs. */
const KINDS: readonly { readonly what: string; readonly name: string; readonly source: string }[] = [
  { what: 'an ES module', name: 'main.mjs', source: `${REGISTER}export { register };\n` },
  { what: 'an ES module in a .js', name: 'main.js', source: `${REGISTER}export { register };\n` },
  { what: 'one that awaits', name: 'main.mjs', source: `await null;\n${REGISTER}export { register };\n` },
  {
    what: 'one that imports what awaits',
    name: 'main.mjs',
    source: `import 'data:text/javascript,await null';\n${REGISTER}export { register };\n`,
  },
  {
    what: 'one with a default export',
    name: 'main.mjs',
    source: `${REGISTER}export default { register };\n`,
  },
  {
    what: 'one that names what CommonJS would get',
    name: 'main.mjs',
    source: `${REGISTER}const no = 1;\nexport { no as 'module.exports', register };\n`,
  },
  { what: 'CommonJS', name: 'main.cjs', source: `${REGISTER}exports.register = register;\n` },
  { what: 'CommonJS in a .js', name: 'main.js', source: `${REGISTER}module.exports = { register };\n` },
];

test.each(KINDS)('$what is found and runs, once', async ({ name, source }) => {
  const { url } = writeModule(`console.log('runs');\n${source}`, name);
  const spoke = new SpokeProcess({ module: url });
  await spoke.line('ready');
  expect([spoke.sent('hud_segment_value').length, spoke.stderr]).toEqual([1, '']);
  await spoke.end();
  expect(spoke.stdout).toBe('runs\n');
});

/** What fails on its way, each after it has said that it runs. */
const FAILING: readonly { readonly what: string; readonly name: string; readonly source: string }[] = [
  { what: 'an ES module that throws', name: 'main.mjs', source: "throw new Error('no luck');\n" },
  {
    what: 'one that throws after it has awaited',
    name: 'main.mjs',
    source: "await null;\nthrow new Error('no luck');\n",
  },
  {
    what: 'one that throws what Node throws for a module that awaits',
    name: 'main.mjs',
    source: "throw Object.assign(new Error('no luck'), { code: 'ERR_REQUIRE_ASYNC_MODULE' });\n",
  },
  { what: 'one whose CommonJS throws', name: 'main.mjs', source: "import './inner.cjs';\n" },
  { what: 'CommonJS that requires what awaits', name: 'main.cjs', source: "require('./inner.mjs');\n" },
  {
    what: 'CommonJS in a .js that requires what awaits',
    name: 'main.js',
    source: "require('./inner.mjs');\n",
  },
  {
    what: 'CommonJS in a .js that throws what Node throws for a module that awaits',
    name: 'main.js',
    source: "throw Object.assign(new Error('no luck'), { code: 'ERR_REQUIRE_ASYNC_MODULE' });\n",
  },
];

test.each(FAILING)('$what has run once when it fails', async ({ name, source }) => {
  const says = "console.log('runs');\n";
  const { url, path } = writeModule(
    name.endsWith('.mjs') && source.startsWith('import') ? source : says + source,
    name,
  );
  writeFileSync(join(dirname(path), 'inner.mjs'), 'await null;\n');
  writeFileSync(join(dirname(path), 'inner.cjs'), `${says}throw new Error('no luck');\n`);
  const spoke = new SpokeProcess({ module: url });
  await spoke.line('failed');
  await spoke.exited;
  expect(spoke.stdout).toBe('runs\n');
});

test('an ES module is required, so that Node loads nothing that imports', async () => {
  const says = 'Error.stackTraceLimit = 50;\nconsole.log(/bootstrap\\.cjs/.test(new Error().stack));\n';
  const { url } = writeModule(`${says}export function register() {}\n`);
  const spoke = new SpokeProcess({ module: url });
  await spoke.line('ready');
  await spoke.end();
  expect(spoke.stdout).toBe('true\n');
});

interface Broken {
  readonly title: string;
  readonly source: string;
  readonly name?: string;
  readonly error: (path: string) => string;
}

const BROKEN: readonly Broken[] = [
  {
    title: 'a module that imports what is not there by its name',
    source:
      "import { nothing } from 'data:text/javascript,export const some = 1';\nexport const register = nothing;\n",
    error: (path) =>
      `${path}: SyntaxError: The requested module 'data:text/javascript,export const some = 1' does not provide an export named 'nothing'; in this file or one that it imports`,
  },
  {
    title: 'a module that throws',
    source: "export const register = () => {};\nthrow new Error('no luck');\n",
    error: (path) => `${path}:2:7: Error: no luck`,
  },
  {
    title: 'a syntax error',
    source: 'export const register = () => {};\n\nconst broken = ;\n',
    error: (path) =>
      `${path}: SyntaxError: Unexpected token ';'; in this file or one that it imports, run 'node --check' on them to see the line`,
  },
  {
    title: 'a syntax error in CommonJS',
    name: 'main.cjs',
    source: '\nconst broken = ;\n',
    error: (path) => `${path}:2: SyntaxError: Unexpected token ';'`,
  },
  {
    title: 'an import of a package',
    source: "import 'left-pad';\nexport const register = () => {};\n",
    error: (path) =>
      `${path}: Error: Cannot find package 'left-pad' imported from ${path}; a spoke can import its own files and node: modules`,
  },
  {
    title: 'a register that throws',
    source: 'export function register() {\n  undefined.x;\n}\n',
    error: (path) => `${path}:2:13: TypeError: Cannot read properties of undefined (reading 'x')`,
  },
  {
    title: 'a register that throws many lines',
    source: "export function register() {\n  throw new Error('one\\n  two\\n\\nthree');\n}\n",
    error: (path) => `${path}:2:9: Error: one two three`,
  },
  {
    title: 'a register that rejects with what is no error',
    source: 'export async function register() {\n  throw { reason: 1 };\n}\n',
    error: (path) => `${path}: threw { reason: 1 }`,
  },
  {
    title: 'a register that lets a denial through',
    source: "export async function register(axium) {\n  await axium.notify({ title: 'x' });\n}\n",
    error: (path) => `${path}:2:3: AxiumFailure: notify is denied (denied); catch it to go on without`,
  },
  {
    title: 'a register that wants more memory than there is',
    source: 'export function register() {\n  new ArrayBuffer(2 ** 53 - 1);\n}\n',
    error: (path) =>
      `${path}:2:3: RangeError: Array buffer allocation failed; a spoke gets no more memory than sandbox.memory in config.yaml lets it`,
  },
  {
    title: 'an export of another name',
    source: 'export const setup = 1;\nexport function start() {}\n',
    error: (path) =>
      `${path}: expected an exported function 'register', found the exports 'setup', 'start'; export it, or name another after the ':' of the entrypoint`,
  },
  {
    title: 'no export at all',
    source: '',
    error: (path) =>
      `${path}: expected an exported function 'register', found no exports; export it, or name another after the ':' of the entrypoint`,
  },
  {
    title: 'an export that is no function',
    source: 'export const register = [];\n',
    error: (path) =>
      `${path}: expected an exported function 'register', found one that is an array; make it a function`,
  },
];

test.each(BROKEN)('$title fails the start with one line that says where and what', async (broken) => {
  const { url, path } = writeModule(broken.source, broken.name);
  const spoke = new SpokeProcess({ module: url, answer: refuseNotify });
  const failed = await spoke.line('failed');
  expect(failed.error).toBe(broken.error(path));
  expect(await spoke.exited).toEqual({ code: 1, signal: null });
  expect(spoke.sent('ready')).toEqual([]);
});

function refuseNotify({ cmd }: Line) {
  return cmd === 'notify' ? { ok: false, code: 'denied', error: 'notify is denied' } : { ok: true };
}

test('a spoke that has failed stays until the daemon has heard of it', async () => {
  const { url } = writeModule("export const register = () => { throw new Error('no'); };\n");
  let isAnswered = false;
  const spoke = new SpokeProcess({ module: url, answer: () => undefined });
  const { id } = await spoke.line('failed');
  const exited = spoke.exited.then((exit) => ({ ...exit, isAnswered }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  isAnswered = true;
  spoke.send({ id, ok: true });
  expect(await exited).toEqual({ code: 1, signal: null, isAnswered: true });
});

test('the place of a failure is the line that threw, in whatever file of the spoke that is', async () => {
  const inner = writeModule(
    "export function fail() {\n  throw new Error('deep inside');\n}\n",
    'with a blank.mjs',
  );
  const { url } = writeModule(
    `import { fail } from '${inner.url}';\nexport const register = () => fail();\n`,
  );
  const spoke = new SpokeProcess({ module: url });
  expect((await spoke.line('failed')).error).toBe(`${inner.path}:2:9: Error: deep inside`);
  await spoke.exited;
  // All of the stack is in the log.
  expect(spoke.stderr).toContain(`    at register (${url}:2:`);
});

test('a spoke that catches everything still ends when its register has failed', async () => {
  const { url } = writeModule(
    "process.on('uncaughtException', () => {});\nexport const register = () => { throw new Error('no'); };\n",
  );
  const spoke = new SpokeProcess({ module: url });
  expect(await spoke.exited).toEqual({ code: 1, signal: null });
});

test('answers reach the request of their id, in whatever order they come', async () => {
  const spoke = new SpokeProcess({ module: 'asks-three.mjs', answer: () => undefined });
  await spoke.until(() => spoke.sent('storage_get').length === 3);
  for (const { id, key } of [...spoke.sent('storage_get')].reverse()) {
    spoke.send({ id, ok: true, value: `value of ${key}` });
  }
  await spoke.line('ready');
  await spoke.until(() => spoke.stdout.includes('\n'));
  expect(spoke.stdout).toBe('first=value of first second=value of second third=value of third\n');
});

test('a denial is a value to sendRequest and an error with a code to a typed call', async () => {
  const spoke = new SpokeProcess({ module: 'is-denied.mjs', answer: refuseNotify });
  await spoke.line('ready');
  await spoke.until(() => spoke.stdout.split('\n').length === 3);
  expect(spoke.stdout).toBe(
    'sendRequest: {"ok":false,"code":"denied","error":"notify is denied"}\n' +
      'notify: AxiumFailure denied notify is denied\n',
  );
});

test('a heartbeat is answered by the runtime, as often as it is asked, and told to no handler', async () => {
  const spoke = new SpokeProcess({ module: 'greets.mjs' });
  await spoke.line('ready');
  for (let beat = 1; beat <= 3; beat += 1) {
    spoke.send({ event: 'heartbeat' });
    await spoke.until(() => spoke.sent('alive').length === beat);
  }
  expect(spoke.sent('storage_put')).toEqual([]);
});

test('shutdown runs every handler, a broken one included, sends their last requests, and exits with 0', async () => {
  const spoke = new SpokeProcess({ module: 'winds-up.mjs' });
  await spoke.line('ready');
  spoke.send({ event: 'shutdown' });
  expect(await spoke.exited).toEqual({ code: 0, signal: null });
  expect(spoke.lines.slice(2).map(({ cmd }) => cmd)).toEqual(['storage_put', 'hud_segment_value']);
  expect(spoke.stderr).toMatch(/^axium: a handler of 'shutdown' failed: Error: broken handler\n/);
  expect(spoke.stdout).toBe('');
});

test('a shutdown handler that never settles does not keep the process', async () => {
  const spoke = new SpokeProcess({ module: 'never-winds-up.mjs' });
  await spoke.line('ready');
  spoke.send({ event: 'shutdown' });
  expect(await spoke.exited).toEqual({ code: 0, signal: null });
  expect(spoke.stdout).toBe('asked to wind up\n');
});

test('the end of the channel answers what is pending as unavailable, and ends the process', async () => {
  const spoke = new SpokeProcess({ module: 'waits-for-answer.mjs', answer: () => undefined });
  await spoke.line('facts');
  await spoke.end();
  expect(await spoke.exited).toEqual({ code: 0, signal: null });
  expect(spoke.stdout).toBe('pending: unavailable\nlater: unavailable\n');
});

test('an exception that nobody catches ends the spoke with 1 and is on stderr', async () => {
  const spoke = new SpokeProcess({ module: 'breaks-later.mjs' });
  await spoke.line('ready');
  spoke.send({ event: 'permissions_changed' });
  expect(await spoke.exited).toEqual({ code: 1, signal: null });
  expect(spoke.stderr).toContain('Error: nobody catches this');
});

test('an event of a later Axium is passed over', async () => {
  const spoke = new SpokeProcess({ module: 'greets.mjs' });
  await spoke.line('ready');
  spoke.send({ event: '__proto__' });
  spoke.send({ event: 'weather_changed' });
  spoke.send({ event: 'permissions_changed' });
  expect(await spoke.line('storage_put')).toMatchObject({ value: 'permissions_changed' });
});

test('a daemon that does not speak the wire is not listened to', async () => {
  const spoke = new SpokeProcess({ module: 'greets.mjs' });
  await spoke.line('ready');
  spoke.sendRaw('hello there\n');
  expect(await spoke.exited).toEqual({ code: 1, signal: null });
  expect(spoke.stderr).toMatch(/^axium: the daemon sent what is no message: .*\n$/);
});

test('a runtime that the daemon refuses ends with 1 and says why', async () => {
  const spoke = new SpokeProcess({ module: 'greets.mjs', refuse: 'api: expected 2' });
  expect(await spoke.exited).toEqual({ code: 1, signal: null });
  expect(spoke.stderr).toBe('axium: the daemon refused this runtime: api: expected 2\n');
});

test('a bootstrap that is started by hand says what it misses', async () => {
  expect(await startWithoutChannel()).toEqual({
    code: 1,
    stderr: "axium: expected a daemon's channel on descriptor 3, found none; spokes are started by axiumd\n",
  });
});

test('a file of 5 MiB comes whole, with the characters on the border of two chunks', async () => {
  // Three bytes each: 4 MiB, the size of a chunk, is no multiple of that.
  const content = Buffer.from('€'.repeat(Math.ceil(5_242_880 / 3)));
  const hash = createHash('sha256').update(content).digest('hex');
  const spoke = new SpokeProcess({ module: 'reads-all.mjs', answer: (request) => partOf(content, request) });
  await spoke.line('ready');
  await spoke.until(() => spoke.stdout.split('\n').length === 3);
  expect(spoke.stdout).toBe(`${content.length / 3} ${hash}\n${content.length} ${hash}\n`);
  const asked = spoke.sent('fs_read').map(({ offset, length }) => [offset, length]);
  expect(asked).toEqual([...CHUNKS, ...CHUNKS]);
});

const CHUNKS = [
  [0, 4_194_304],
  [4_194_304, 4_194_304],
];

function partOf(content: Buffer, { offset, length }: Line) {
  const from = Number(offset);
  const data = content.subarray(from, from + Number(length));
  const eof = from + data.length >= content.length;
  return { ok: true, data, encoding: 'bytes', size: content.length, offset, eof };
}

test('a request over the cap of a line is refused before it is sent, and the spoke lives on', async () => {
  const spoke = new SpokeProcess({ module: 'sends-too-much.mjs' });
  await spoke.line('ready');
  expect(spoke.sent('storage_put').map(({ key }) => key)).toEqual(['small']);
  await spoke.until(() => spoke.stdout.includes('\n'));
  const { error, ...reply } = JSON.parse(spoke.stdout);
  expect(reply).toEqual({ ok: false, code: 'too_large' });
  expect(error).toMatch(
    /^request: expected at most 1048576 bytes as one line of JSON, found 10486\d\d; send it in parts$/,
  );
});

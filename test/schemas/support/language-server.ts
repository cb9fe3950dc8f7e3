import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../../../node_modules/.bin/yaml-language-server', import.meta.url));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

/** A place in a text, both counted from 0, as the protocol of language servers has it. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** What an editor asks of a real language server about one text. */
export interface Editor {
  /** Opens a text as this file, and settles with what the server has to say of it. */
  readonly open: (uri: string, text: string) => Promise<readonly Diagnostic[]>;
  readonly complete: (uri: string, position: Position) => Promise<readonly string[]>;
  readonly hover: (uri: string, position: Position) => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface Diagnostic {
  readonly range: { readonly start: Position; readonly end: Position };
  readonly message: string;
}

export async function startEditor(): Promise<Editor> {
  const server = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const answers = new Map<number, (result: unknown) => void>();
  const diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  let asked = 0;
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const request = (method: string, params: object): Promise<unknown> => {
    asked += 1;
    const id = asked;
    return new Promise((resolve) => {
      answers.set(id, resolve);
      send({ id, method, params });
    });
  };
  const receive = ({ id, method, params, result }: Message) => {
    if (method === 'textDocument/publishDiagnostics') {
      const told = params as { readonly uri: string; readonly diagnostics: readonly Diagnostic[] };
      diagnostics.get(told.uri)?.(told.diagnostics);
      // It asks for settings, which are its own defaults.
    } else if (method !== undefined && id !== undefined)
      send({ id, result: method.endsWith('configuration') ? [{}, {}, {}, {}, {}] : null });
    else if (id !== undefined) answers.get(id)?.(result);
  };
  server.stdout.on('data', framing(receive));
  await request('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  send({ method: 'initialized', params: {} });
  return {
    open: (uri, text) =>
      new Promise((resolve) => {
        diagnostics.set(uri, resolve);
        const textDocument = { uri, languageId: 'yaml', version: 1, text };
        send({ method: 'textDocument/didOpen', params: { textDocument } });
      }),
    async complete(uri, position) {
      const found = (await request('textDocument/completion', { textDocument: { uri }, position })) as {
        readonly items: readonly { readonly label: string }[];
      };
      return found.items.map(({ label }) => label);
    },
    async hover(uri, position) {
      const found = (await request('textDocument/hover', { textDocument: { uri }, position })) as {
        readonly contents: { readonly value: string };
      } | null;
      return found?.contents.value ?? '';
    },
    async close() {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
    },
  };
}

/** Cuts what a server writes into its messages. */
function framing(receive: (message: Message) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, end).toString())?.[1]);
      const after = end + 4 + length;
      if (rest.length < after) return;
      receive(JSON.parse(rest.subarray(end + 4, after).toString()) as Message);
      rest = rest.subarray(after);
    }
  };
}

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Code } from '../../../schemas/codes.ts';
import type { ControlCommand } from '../../../schemas/control.ts';
import type { ControlReplies } from '../../../schemas/control-replies.ts';
import type { World } from './cli.ts';

type Body = Record<string, unknown> & { readonly cmd: string };

export class Refused extends Error {
  readonly code: Code | string;

  constructor(code: Code | string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the server answers: a reply, or a function of the request that returns one or throws Refused. */
export type Answers = {
  readonly [C in ControlCommand]?:
    | ControlReplies[C]
    | ((request: Body) => ControlReplies[C] | Promise<ControlReplies[C]>);
};

/**
 * Speaks the documented lines of the control socket in the place of a daemon, so that a test says what is answered.
 * Returns the requests as they came, without their ids.
 */
export async function answerControl({ axium }: World, answers: Answers): Promise<Body[]> {
  const requests: Body[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.setEncoding('utf8').on('data', async (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        const { id, ...body } = JSON.parse(text.slice(0, end)) as Body & { id: unknown };
        text = text.slice(end + 1);
        requests.push(body as Body);
        socket.write(`${JSON.stringify({ id, ...(await answerTo(answers, body as Body)) })}\n`);
        // As the kernel does with the process of a daemon that ends.
        if (body.cmd === 'shutdown') socket.end();
      }
    });
  });
  server.listen(`${axium}/run/axiumd.sock`);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return requests;
}

async function answerTo(answers: Answers, request: Body): Promise<object> {
  const answer = answers[request.cmd as ControlCommand];
  if (answer === undefined) return { ok: false, code: 'unknown_command', error: 'there is no such command' };
  try {
    const reply =
      typeof answer === 'function' ? await (answer as (request: Body) => object)(request) : answer;
    return { ok: true, ...reply };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, code: error.code, error: error.message };
    throw error;
  }
}

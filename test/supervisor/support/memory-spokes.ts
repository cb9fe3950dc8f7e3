import { type Duplex, duplexPair, PassThrough } from 'node:stream';
import { LineSplitter } from '../../../core/channel/framing.ts';
import type { ConfinedProcess, Exit, Sandbox } from '../../../core/sandbox/sandbox.ts';

/** What a spoke does by itself. All but the first three are failures of a kind. */
export const BEHAVIOURS = [
  'good',
  'ignores shutdown',
  'is slow',
  'says nothing',
  'is mute once ready',
  'refuses',
  'breaks the rules',
  'ends at once',
  'cannot be started',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** A spoke without a process: its end of the channel, played in memory. */
export interface MemorySpoke {
  readonly name: string;
  readonly isAlive: () => boolean;
  /** Ends it, as if by itself. */
  readonly crash: () => void;
  /** From now on it reads nothing and says nothing. */
  readonly hang: () => void;
  readonly breach: () => void;
  /** Lets one that is slow be ready. */
  readonly hurry: () => void;
  /** Makes a request. False where it says nothing any more. */
  readonly ask: () => boolean;
  /** The environments that it was told of, and whether it was ready then. */
  readonly heard: readonly (readonly [environment: string, ready: boolean])[];
  /** A killed one is gone only when this has been called: to die takes its time. */
  readonly reap: () => void;
}

/** Starts spokes in memory, under a name, that behave in a way. Each is told of when it is started. */
export function memorySandbox(
  name: string,
  behaviour: () => Behaviour,
  onStart: (spoke: MemorySpoke) => void,
): Sandbox {
  return {
    level: 'none',
    start({ directory, module }) {
      const does = behaviour();
      if (does === 'cannot be started') throw new Error('EAGAIN');
      const [channel, end] = duplexPair();
      let finish: (exit: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => {
        finish = resolve;
      });
      let alive = true;
      let killed = false;
      const die = (exit: Exit) => {
        if (!alive) return;
        alive = false;
        end.destroy();
        finish(exit);
      };
      const player = play(end, does, () => die({ code: 0, signal: null }));
      onStart({
        name,
        isAlive: () => alive,
        crash: () => die({ code: 1, signal: null }),
        hang: () => player.hang(),
        breach: () => void player.write('x\n'),
        ask: () => player.write('{"id":8,"cmd":"notify","title":"x"}\n'),
        hurry: player.hurry,
        heard: player.heard,
        reap: () => killed && die({ code: null, signal: 'SIGKILL' }),
      });
      const kill = () => {
        killed = true;
      };
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const moduleUrl = `file://${directory}/${module}`;
      return { pid: () => null, channel, stdout, stderr, moduleUrl, kill, exited } satisfies ConfinedProcess;
    },
  };
}

const SAYS_NO_READY: ReadonlySet<Behaviour> = new Set([
  ...(['is slow', 'refuses', 'breaks the rules', 'ends at once'] as const),
]);

function play(end: Duplex, does: Behaviour, exit: () => void) {
  let isMute = does === 'says nothing';
  const splitter = new LineSplitter(1_048_576);
  const write = (text: string) => {
    const isSaid = !isMute && !end.destroyed;
    if (isSaid) end.write(text);
    return isSaid;
  };
  const say = (...messages: object[]) =>
    write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  const heard: (readonly [string, boolean])[] = [];
  let isGreeted = false;
  let isReady = false;
  const beReady = () => {
    if (!isGreeted || isReady) return;
    isReady = true;
    say({ id: 2, cmd: 'ready' });
  };
  end.on('error', () => {});
  end.on('data', (bytes: Buffer) => {
    for (const line of splitter.push(bytes).lines) {
      const { event, id, ...said } = JSON.parse(line);
      if (id === 1 && said.ok) isGreeted = true;
      if (id === 1 && !SAYS_NO_READY.has(does)) beReady();
      if (event === 'env_change') heard.push([said.new, isReady]);
      if (event === 'heartbeat' && does !== 'is mute once ready') say({ id: 9, cmd: 'alive' });
      if (event === 'shutdown' && does !== 'ignores shutdown' && !isMute) exit();
    }
  });
  const hello = { id: 1, cmd: 'hello', api: 1 };
  if (does === 'refuses') say(hello, { id: 2, cmd: 'failed', error: 'no' });
  else if (does === 'breaks the rules') say(hello, hello);
  else if (does === 'ends at once') setImmediate(exit);
  else say(hello);
  return {
    write,
    heard,
    hurry: () => {
      if (does === 'is slow') beReady();
    },
    hang: () => {
      isMute = true;
    },
  };
}

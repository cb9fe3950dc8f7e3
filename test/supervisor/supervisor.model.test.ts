import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHANNEL_LIMITS } from '../../core/channel/limits.ts';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import { Pulse } from '../../core/supervisor/pulse.ts';
import { SpokeLife } from '../../core/supervisor/spoke-life.ts';
import type { SpokeLog } from '../../core/supervisor/spoke-log.ts';
import { Supervisor } from '../../core/supervisor/supervisor.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { compileManifest, manifestText } from '../support/rights.ts';
import { BEHAVIOURS, type Behaviour, type MemorySpoke, memorySandbox } from './support/memory-spokes.ts';

const NAMES = ['aws', 'creds'] as const;
type Name = (typeof NAMES)[number];

const LOG = { write: () => {}, note: () => {} } as unknown as SpokeLog;

/** The real supervisor and the real lives, on a clock that the test moves and spokes that are played in memory. */
class World {
  readonly clock = createHandClock();
  readonly spokes: MemorySpoke[] = [];
  readonly there = new Map<Name, LoadedManifest>();
  readonly settled = { asked: 0, done: 0 };
  setting = 'process';
  behaviour: Behaviour = 'good';
  isStopped = false;
  readonly broken: string[] = [];
  #versions = 0;
  readonly #lives = new Map<MemorySpoke, SpokeLife>();
  readonly #placed = new Map<string, SpokeLife>();
  readonly #tried = new Set<SpokeLife>();
  /** Those whose place was taken by one that was tried beside them. */
  readonly #relieved = new Set<SpokeLife>();
  readonly supervisor: Supervisor;

  constructor() {
    this.supervisor = new Supervisor({
      settingOf: () => this.setting,
      onTaken: (life) => {
        const { name } = life.spoke.manifest;
        const before = this.#placed.get(name);
        if (before && this.#tried.has(life)) this.#relieved.add(before);
        this.#placed.set(name, life);
      },
      onKept: () => {},
      makeLife: ({ spoke }, trial, onState) => {
        const { name } = spoke.manifest;
        const behaviour = this.behaviour;
        const life: SpokeLife = new SpokeLife({
          spoke,
          sandbox: memorySandbox(
            name,
            () => behaviour,
            (started) => this.#started(started, life),
          ),
          isRefused: this.setting === 'refused',
          nextInstance: () => name,
          findLine: async () => null,
          chance: () => 0.5,
          clock: this.clock,
          pulse: new Pulse(this.clock),
          log: LOG,
          limits: CHANNEL_LIMITS,
          isHeavy: () => false,
          mediate: async (_subject, { id }) => ({ id, ok: true }),
          guard: async () => async () => null,
          onBreach: () => {},
          onState,
        });
        if (trial) this.#tried.add(life);
        return life;
      },
    });
  }

  /** Beside a process of a spoke there may be one more: where the first is to be relieved by it, or was relieved. */
  #started(started: MemorySpoke, life: SpokeLife): void {
    // Noted and not thrown: whoever starts a process takes what is thrown for a failure to start it.
    if (this.isStopped) this.broken.push('a start after the stop');
    const others = this.alive(started.name as Name).map((other) => this.#lives.get(other));
    if (others.length > 1) this.broken.push('a third process');
    if (others.includes(life)) this.broken.push('two processes of one life');
    const mayStay = (other?: SpokeLife) => other?.state === 'ready' || (other && this.#relieved.has(other));
    if (!others.every(mayStay)) this.broken.push('a process beside one that is to be gone first');
    this.spokes.push(started);
    this.#lives.set(started, life);
  }

  alive(name: Name): readonly MemorySpoke[] {
    return this.spokes.filter((spoke) => spoke.name === name && spoke.isAlive());
  }

  change(name: Name, behaviour: Behaviour): void {
    this.#versions += 1;
    this.behaviour = behaviour;
    const manifest = compileManifest(manifestText().replace('creds', name));
    this.there.set(name, { ...manifest, fingerprint: String(this.#versions) });
  }

  /** Has the supervisor look at what there is, and does not wait for it. */
  update(again: readonly Name[] = []): void {
    void this.supervisor.update([...this.there.values()], new Set(again));
    for (const name of NAMES) {
      this.settled.asked += 1;
      void this.supervisor.settled(name).then(() => {
        this.settled.done += 1;
      });
    }
  }

  reap(): void {
    for (const spoke of this.spokes) spoke.reap();
  }

  /** Lets everything happen that needs no time. */
  async turn(): Promise<void> {
    for (let turns = 0; turns < 12; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  check(): void {
    expect(this.broken).toEqual([]);
    const listed = this.supervisor.list().map(({ name }) => name);
    expect(listed).toEqual([...this.there.keys()]);
  }

  /** Everything that was asked to settle does, and once all is stopped nothing is left. */
  async end(): Promise<void> {
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await this.turn();
      this.clock.advance(10_000);
      await this.turn();
      this.reap();
    }
    await this.turn();
    expect(this.settled.done).toBe(this.settled.asked);
    this.isStopped = true;
    let hasStopped = false;
    const stopped = this.supervisor.stop().then(() => {
      hasStopped = true;
    });
    await this.turn();
    this.clock.advance(2000);
    await this.turn();
    expect(hasStopped).toBe(this.spokes.every((spoke) => !spoke.isAlive()));
    this.reap();
    await stopped;
    await this.turn();
    expect(this.spokes.filter((spoke) => spoke.isAlive())).toEqual([]);
    expect(this.clock.waits()).toEqual([]);
    expect(this.broken).toEqual([]);
  }
}

/** One thing that happens; what follows from it has happened when it settles. */
class Step implements fc.AsyncCommand<object, World> {
  readonly #what: string;
  readonly #run: (world: World) => void;

  constructor(what: string, run: (world: World) => void) {
    this.#what = what;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    this.#run(world);
    await world.turn();
    world.check();
  }

  toString(): string {
    return this.#what;
  }
}

const name = fc.constantFrom(...NAMES);
const toSome = (verb: 'crash' | 'hang' | 'breach') =>
  fc.tuple(name, fc.nat({ max: 1 })).map(
    ([name, index]) =>
      new Step(`${verb} ${name} ${index}`, (world) => {
        world.alive(name)[index]?.[verb]();
      }),
  );

const STEPS = [
  fc.tuple(name, fc.constantFrom(...BEHAVIOURS)).map(
    ([name, behaviour]) =>
      new Step(`change ${name}: ${behaviour}`, (world) => {
        world.change(name, behaviour);
        world.update();
      }),
  ),
  name.map(
    (name) =>
      new Step(`remove ${name}`, (world) => {
        world.there.delete(name);
        world.update();
      }),
  ),
  fc.tuple(name, fc.constantFrom(...BEHAVIOURS)).map(
    ([name, behaviour]) =>
      new Step(`reload ${name}: ${behaviour}`, (world) => {
        world.behaviour = behaviour;
        world.update([name]);
      }),
  ),
  fc.constantFrom('process', 'thread', 'refused').map(
    (setting) =>
      new Step(`run as ${setting}`, (world) => {
        world.setting = setting;
        world.update();
      }),
  ),
  toSome('crash'),
  toSome('hang'),
  toSome('breach'),
  fc
    .constantFrom(500, 1000, 2000, 8000, 10_000, 20_000, 60_000)
    .map((ms) => new Step(`wait ${ms}`, (world) => world.clock.advance(ms))),
  fc.constant(new Step('reap', (world) => world.reap())),
];

test('whatever happens in whatever order, no spoke runs twice but in a hand-over, nothing runs after the stop, all settles, and no timer is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(STEPS, { maxCommands: 40, size: '+1' }), async (steps) => {
      const world = new World();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
      await world.end();
    }),
    { numRuns: 150 },
  );
}, 60_000);

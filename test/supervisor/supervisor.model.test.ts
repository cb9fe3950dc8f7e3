import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHANNEL_LIMITS } from '../../core/channel/limits.ts';
import type { LoadedManifest } from '../../core/registry/load-manifest.ts';
import { Pulse } from '../../core/supervisor/pulse.ts';
import { SpokeLife, type StateChange } from '../../core/supervisor/spoke-life.ts';
import type { SpokeLog } from '../../core/supervisor/spoke-log.ts';
import { Supervisor } from '../../core/supervisor/supervisor.ts';
import { createHandClock } from '../support/hand-clock.ts';
import { compileManifest, manifestText } from '../support/rights.ts';
import { BEHAVIOURS, type Behaviour, type MemorySpoke, memorySandbox } from './support/memory-spokes.ts';

const NAMES = ['aws', 'creds'] as const;
type Name = (typeof NAMES)[number];

const IDLE_MS = 30_000;
const ON_DEMAND = 'activation: on-demand\ntriggers: {commands: [show], events: [env_change]}\nidle: 30s\n';

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
  /** What on-demand spokes have been told of and have not heard yet. */
  readonly owed: Record<Name, string[]> = { aws: [], creds: [] };
  /** What they were told of while they were given up, and are never to hear. */
  readonly #unkept = new Set<string>();
  #environments = 0;
  readonly #askedAt = new Map<SpokeLife, number>();
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
          inTurn: (make) => make(),
          log: LOG,
          limits: CHANNEL_LIMITS,
          isHeavy: () => false,
          mediate: (_subject, { id }, answer) => answer({ id, ok: true }),
          guard: async () => async () => null,
          onBreach: () => {},
          onState: (change) => {
            this.#changed(life, change);
            onState();
          },
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

  #changed(life: SpokeLife, { from, to, cause }: StateChange): void {
    const isOnDemand = life.spoke.manifest.activation === 'on-demand';
    if (!isOnDemand && ['idle', 'retiring', 'recalled'].includes(to))
      this.broken.push('rest of one that always runs');
    if (from === 'idle' && to === 'starting' && cause === null)
      this.broken.push('a start that nothing asked for');
    const newest = this.there.get(life.spoke.manifest.name as Name);
    if (to === 'starting' && newest && newest.fingerprint !== life.spoke.fingerprint)
      this.broken.push('a start of code that is gone');
    if (to === 'ready') this.#askedAt.set(life, this.clock.now());
    if (to === 'retiring' && this.clock.now() - (this.#askedAt.get(life) ?? 0) < IDLE_MS)
      this.broken.push('an end of one that was not idle');
    // Whoever is given up is owed nothing.
    const { name } = life.spoke.manifest;
    if (life === this.supervisor.find(name) && (to === 'condemned' || to === 'quarantined'))
      this.owed[name as Name] = [];
  }

  ask(name: Name, index: number): void {
    const spoke = this.alive(name)[index];
    const life = spoke && this.#lives.get(spoke);
    if (spoke?.ask() && life) this.#askedAt.set(life, this.clock.now());
  }

  /** Tells a spoke of an environment that no other has. */
  tell(name: Name): void {
    this.#environments += 1;
    const environment = String(this.#environments);
    const life = this.supervisor.find(name);
    const isGivenUp = !life || ['stopped', 'stopping', 'condemned', 'quarantined'].includes(life.state);
    if (life && isGivenUp && life.state !== 'stopped') this.#unkept.add(environment);
    if (!isGivenUp && life.spoke.manifest.activation === 'on-demand') this.owed[name].push(environment);
    if (life?.state === 'ready') this.#askedAt.set(life, this.clock.now());
    this.supervisor.tell(name, { event: 'env_change', new: environment, old: null });
  }

  async halt(name: Name): Promise<void> {
    this.owed[name] = [];
    await this.supervisor.halt(name);
  }

  alive(name: Name): readonly MemorySpoke[] {
    return this.spokes.filter((spoke) => spoke.name === name && spoke.isAlive());
  }

  change(name: Name, behaviour: Behaviour, activation: string): void {
    this.#versions += 1;
    this.behaviour = behaviour;
    const manifest = compileManifest(manifestText().replace('creds', name) + activation);
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
    for (const name of NAMES) this.#checkHeard(name);
  }

  /** Nothing is told twice, out of order or too soon, and what is ready or at rest is owed nothing. */
  #checkHeard(name: Name): void {
    const all = this.spokes.filter((spoke) => spoke.name === name).flatMap(({ heard }) => heard);
    const told = all.map(([environment]) => Number(environment));
    expect(told).toEqual([...new Set(told)].sort((one, other) => one - other));
    expect(all.filter(([environment]) => this.#unkept.has(environment))).toEqual([]);
    const owed = this.owed[name];
    const late = all.filter(([environment, ready]) => owed.includes(environment) && !ready);
    expect(late).toEqual([]);
    this.owed[name] = owed.filter((environment) => !told.includes(Number(environment)));
    const state = this.supervisor.find(name)?.state;
    if (state === 'idle' || state === 'ready') expect(this.owed[name]).toEqual([]);
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
const toSome = (verb: 'crash' | 'hang' | 'breach' | 'hurry') =>
  fc.tuple(name, fc.nat({ max: 1 })).map(
    ([name, index]) =>
      new Step(`${verb} ${name} ${index}`, (world) => {
        world.alive(name)[index]?.[verb]();
      }),
  );

const STEPS = [
  fc.tuple(name, fc.constantFrom(...BEHAVIOURS), fc.constantFrom('', ON_DEMAND)).map(
    ([name, behaviour, activation]) =>
      new Step(`change ${name}: ${behaviour} ${activation}`, (world) => {
        world.change(name, behaviour, activation);
        world.update();
      }),
  ),
  name.map((name) => new Step(`tell ${name}`, (world) => world.tell(name))),
  name.map(
    (name) =>
      new Step(`call ${name}`, (world) => world.supervisor.wake(name, { why: 'command', trigger: 'show' })),
  ),
  name.map((name) => new Step(`halt ${name}`, (world) => void world.halt(name))),
  fc
    .tuple(name, fc.nat({ max: 1 }))
    .map(([name, index]) => new Step(`ask of ${name} ${index}`, (world) => world.ask(name, index))),
  name.map(
    (name) =>
      new Step(`remove ${name}`, (world) => {
        world.there.delete(name);
        world.owed[name] = [];
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
  toSome('hurry'),
  toSome('crash'),
  toSome('hang'),
  toSome('breach'),
  fc
    .constantFrom(500, 1000, 2000, 8000, 10_000, 20_000, 30_000, 60_000)
    .map((ms) => new Step(`wait ${ms}`, (world) => world.clock.advance(ms))),
  fc.constant(new Step('reap', (world) => world.reap())),
];

test('whatever happens in whatever order, no spoke runs twice but in a hand-over, nothing runs after the stop, all settles, no timer is left, and what starts a spoke on demand is told once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(STEPS, { maxCommands: 40, size: '+1' }), async (steps) => {
      const world = new World();
      await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
      await world.end();
    }),
    { numRuns: 150 },
  );
}, 60_000);

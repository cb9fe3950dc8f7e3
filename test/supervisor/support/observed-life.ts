import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { CHANNEL_LIMITS } from '../../../core/channel/limits.ts';
import type { LoadedManifest } from '../../../core/registry/load-manifest.ts';
import { attachProcess, SPOKE_STDIO } from '../../../core/sandbox/attach.ts';
import type { ConfinedProcess, Sandbox } from '../../../core/sandbox/sandbox.ts';
import type { State } from '../../../core/supervisor/lifecycle.ts';
import { Pulse } from '../../../core/supervisor/pulse.ts';
import { SpokeLife } from '../../../core/supervisor/spoke-life.ts';
import { SpokeLog } from '../../../core/supervisor/spoke-log.ts';
import type { Message } from '../../../schemas/message.ts';
import type { Subject } from '../../../schemas/subject.ts';
import type { Response } from '../../../schemas/wire.ts';
import { createPowers, type TestPowers } from '../../support/powers.ts';
import { compileManifest, manifestText } from '../../support/rights.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** A life of a fixture, and everything that it told the rest of the daemon. */
export interface ObservedLife {
  readonly life: SpokeLife;
  readonly powers: TestPowers;
  /** The states, each with its reason, as they were reported. */
  readonly states: (readonly [State, string | null])[];
  readonly breaches: string[];
  readonly mediated: { readonly subject: Subject; readonly message: Message }[];
  /** How often the line of its function was looked up. */
  readonly lookUps: () => number;
  /** The names of its processes, in the order in which they were given. */
  readonly instances: readonly string[];
  readonly logFile: string;
  /** Ends what watches over the process; the process itself has taken too much. */
  readonly overuse: (what: string) => void;
  /** Settles once the condition holds; it is looked at whenever the life told something. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

/** A sandbox that confines nothing and starts a fixture in the place of the runtime. */
export function fixtureSandbox(powers: TestPowers, fixture: string): Sandbox {
  return {
    level: 'none',
    start: ({ directory, module }) => {
      const child = spawn(process.execPath, [`${FIXTURES}/${fixture}.mjs`], {
        cwd: directory,
        env: {},
        detached: true,
        stdio: [...SPOKE_STDIO],
      });
      const moduleUrl = `file://${directory}/${module}`;
      return attachProcess({ child, signal: powers.signal, moduleUrl, ownGroup: true });
    },
  };
}

/** A spoke in a directory of its own; its manifest can be told from that of another version. */
export function makeSpoke(name = 'creds', version = '1.0.0'): LoadedManifest {
  const text = manifestText().replace('name: creds', `name: ${name}\nversion: ${version}`);
  return { ...compileManifest(text), directory: makeTemporaryDirectory() };
}

export interface LifeInput {
  readonly spoke?: LoadedManifest;
  readonly powers?: TestPowers;
  readonly sandbox?: (powers: TestPowers) => Sandbox;
  readonly isRefused?: boolean;
  readonly objection?: () => Promise<string | null> | null;
  readonly takeWarm?: () => Promise<ConfinedProcess | null> | null;
  readonly inTurn?: (make: () => void) => void;
  readonly mediate?: () => Promise<Response>;
  readonly isOccupied?: () => boolean;
  readonly onState?: () => void;
}

/** A life that is not started yet. No process of it outlives the test. */
export function observeLife(fixture: string, input: LifeInput = {}): ObservedLife {
  const { spoke = makeSpoke(), powers = createPowers() } = input;
  const states: ObservedLife['states'] = [];
  const breaches: string[] = [];
  const mediated: { subject: Subject; message: Message }[] = [];
  const watchers = new Set<() => void>();
  const happened = () => {
    for (const look of [...watchers]) look();
  };
  let onExcess: (what: string) => void = () => {};
  const logFile = `${makeTemporaryDirectory()}/creds.log`;
  const log = new SpokeLog(powers, logFile);
  const instances: string[] = [];
  let lookUps = 0;
  const life = new SpokeLife({
    spoke,
    nextInstance: () => {
      const instance = `${spoke.manifest.name}#test-${instances.length + 1}`;
      instances.push(instance);
      return instance;
    },
    sandbox: input.sandbox?.(powers) ?? fixtureSandbox(powers, fixture),
    isRefused: input.isRefused ?? false,
    findLine: async () => {
      lookUps += 1;
      return 12;
    },
    ...(input.objection ? { objection: input.objection } : {}),
    ...(input.takeWarm ? { takeWarm: input.takeWarm } : {}),
    ...(input.isOccupied ? { isOccupied: input.isOccupied } : {}),
    chance: () => 0.5,
    clock: powers.clock,
    pulse: new Pulse(powers.clock),
    inTurn: input.inTurn ?? ((make) => make()),
    log,
    limits: CHANNEL_LIMITS,
    isHeavy: () => false,
    mediate: (subject, message, answer) => {
      mediated.push({ subject, message });
      happened();
      const answered = input.mediate?.() ?? Promise.resolve<Response>({ id: message.id, ok: true });
      void answered.then(answer);
    },
    onBreach: (_subject, what) => {
      breaches.push(what);
      happened();
    },
    guard: async (_running, tell) => {
      onExcess = tell;
      return async () => null;
    },
    onState: ({ to, reason }) => {
      states.push([to, reason]);
      input.onState?.();
      happened();
    },
  });
  onTestFinished(async () => {
    const stopped = life.stop();
    powers.clock.advance(60_000);
    await stopped;
    log.close();
  });
  return {
    life,
    powers,
    states,
    breaches,
    mediated,
    lookUps: () => lookUps,
    instances,
    logFile,
    overuse: (what) => onExcess(what),
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}

/** Starts a life and settles when it has come to a state. */
export async function startUntil(observed: ObservedLife, state: State): Promise<void> {
  observed.life.start();
  await observed.until(() => observed.states.some(([reached]) => reached === state));
}

import { describe, expect, it } from 'vitest';
import { chooseSandbox, isAtLeast, type Sandboxes } from '../../core/sandbox/choose.ts';
import type { Sandbox } from '../../core/sandbox/sandbox.ts';
import { configSchema, LEVELS, type Level } from '../../schemas/config.ts';

const HINT = 'install bubblewrap';

/** A host whose best level is this one; those above it could not be had. A thread can always be had. */
function surveyOf(level: Level): Sandboxes {
  const best: Sandbox = {
    level,
    start() {
      throw new Error('started');
    },
  };
  const worker: Sandbox = {
    level: 'none',
    start() {
      throw new Error('started as a thread');
    },
  };
  const reports = LEVELS.slice(0, LEVELS.indexOf(level) + 1).map((one) => ({
    level: one,
    holds: one === level,
    open: [],
    problem: one === level ? null : 'it does not start',
    hint: one === level ? null : HINT,
  }));
  const plain: Sandbox = { ...best, level: 'none' };
  return { best, reports, worker, plain };
}

function choose(host: Level, sandbox: object = {}) {
  const choice = chooseSandbox(surveyOf(host), configSchema.parse({ sandbox }).sandbox, 'creds');
  return { ...choice, start: () => choice.sandbox.start({ directory: '/', module: 'main.mjs' }) };
}

/** What is required, and on which hosts a spoke may run then. */
const MAY_RUN: Readonly<Record<Level, readonly Level[]>> = {
  strong: ['strong'],
  kernel: ['strong', 'kernel'],
  seatbelt: ['strong', 'kernel', 'seatbelt'],
  none: ['strong', 'kernel', 'seatbelt', 'none'],
};

describe.each(LEVELS)('where the host gives %s', (host) => {
  for (const required of LEVELS) {
    const may = MAY_RUN[required].includes(host);
    it(`a spoke ${may ? 'runs' : 'does not run'} if ${required} is required of all`, () => {
      const { start, sandbox } = choose(host, { require: required });
      expect(sandbox.level).toBe(host);
      expect(start).toThrow(
        may ? 'started' : `it needs confinement '${required}' and this host gives '${host}'`,
      );
    });

    it(`a spoke ${may ? 'runs' : 'does not run'} if ${required} is required of it alone`, () => {
      for (const others of LEVELS) {
        const { start } = choose(host, { require: others, spokes: { creds: { require: required } } });
        expect(start).toThrow(may ? 'started' : `needs confinement '${required}'`);
      }
    });
  }

  it('what is required of another spoke changes nothing', () => {
    const alone = choose(host);
    const beside = choose(host, { spokes: { nosy: { require: 'none' } } });
    const messageOf = ({ start }: typeof alone) => {
      try {
        return start();
      } catch (error) {
        return String(error);
      }
    };
    expect(messageOf(beside)).toBe(messageOf(alone));
    expect(beside.note).toBe(alone.note);
  });
});

it('unless the user says otherwise, a spoke needs the kernel to hold it', () => {
  expect(LEVELS.filter((host) => !/started/.test(messageWhenStarted(host)))).toEqual(['seatbelt', 'none']);
});

function messageWhenStarted(host: Level): string {
  try {
    choose(host).start();
    return '';
  } catch (error) {
    return String(error);
  }
}

it('a refusal names the fix of the host and the key that allows less', () => {
  expect(choose('seatbelt').start).toThrow(
    `${HINT}; or allow less for it alone (config.yaml: sandbox.spokes.creds.require)`,
  );
});

it('a spoke that runs below kernel is noted, and one that runs at kernel or above is not', () => {
  const notes = LEVELS.map((host) => [host, choose(host, { require: 'none' }).note]);
  expect(Object.fromEntries(notes)).toEqual({
    strong: null,
    kernel: null,
    seatbelt: "confinement 'seatbelt' only, which config.yaml allows",
    none: "confinement 'none' only, which config.yaml allows",
  });
});

describe.each(['python', 'exec'] as const)('a spoke whose runtime is %s', (runtime) => {
  const chosen = (host: Level, sandbox: object) =>
    chooseSandbox(surveyOf(host), configSchema.parse({ sandbox }).sandbox, 'creds', runtime);

  it("is held by what holds every program, and not by Node's permission model", () => {
    const levels = LEVELS.map((host) => [host, chosen(host, { require: 'none' }).sandbox.level]);
    expect(Object.fromEntries(levels)).toEqual({
      strong: 'strong',
      kernel: 'kernel',
      seatbelt: 'none',
      none: 'none',
    });
    expect(() =>
      chosen('seatbelt', { require: 'seatbelt' }).sandbox.start({ directory: '/', module: 'x' }),
    ).toThrow("it needs confinement 'seatbelt' and this host gives 'none'");
  });

  it('cannot be a thread of the daemon', () => {
    const { sandbox } = chosen('strong', { spokes: { creds: { isolation: 'worker' } } });
    expect(() => sandbox.start({ directory: '/', module: 'x' })).toThrow(
      `isolation: worker is for Node alone`,
    );
  });
});

describe('isolation: worker', () => {
  it.each(LEVELS)(
    'is taken where the host gives %s, whatever is required of all, and is no level',
    (host) => {
      for (const required of LEVELS) {
        const { sandbox, note, start } = choose(host, {
          require: required,
          spokes: { creds: { isolation: 'worker' } },
        });
        expect(start).toThrow('started as a thread');
        expect([sandbox.level, note]).toEqual([
          'none',
          "isolation: worker is no confinement, it shares the daemon's memory; config.yaml allows it",
        ]);
      }
    },
  );

  it('for another spoke, or written out as process, changes nothing', () => {
    for (const spokes of [{ nosy: { isolation: 'worker' } }, { creds: { isolation: 'process' } }]) {
      const { sandbox, note, start } = choose('strong', { spokes });
      expect(start).toThrow(/^started$/);
      expect([sandbox.level, note]).toEqual(['strong', null]);
    }
  });

  it('and a level that is required of the same spoke contradict each other, and it does not start', () => {
    for (const required of LEVELS.filter((level) => level !== 'none')) {
      const { sandbox, start } = choose('strong', {
        spokes: { creds: { isolation: 'worker', require: required } },
      });
      expect(start).toThrow(`it needs confinement '${required}' and isolation: worker gives 'none'`);
      expect(sandbox.level).toBe('none');
    }
    const agreed = choose('strong', { spokes: { creds: { isolation: 'worker', require: 'none' } } });
    expect(agreed.start).toThrow('started as a thread');
  });
});

it('each level is as strong as itself and stronger than all after it', () => {
  const table = LEVELS.map((level) => LEVELS.filter((required) => isAtLeast(level, required)));
  expect(table).toEqual(LEVELS.map((_, index) => LEVELS.slice(index)));
});

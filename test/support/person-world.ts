import { PersonExec } from '../../core/person-exec.ts';
import type { PeoplePolicy } from '../../core/policy/people.ts';
import { makeWorld } from '../broker/support/broker-world.ts';
import { callerWith } from '../control/support/caller.ts';
import { makePeople } from './people.ts';
import { createPowers } from './powers.ts';

/** A person at the terminal of session 400, and one with another uid. */
export const ADA = callerWith('admin');
export const OTHER = callerWith('admin', { uid: 0 });
/** The session of the first one. */
export const KEY = { uid: 1000, session: { id: 400, began: '12345' } };

/** Commands of a person on the real broker, policy, grants and jobs, in a home of the test's own. */
export async function makePersonWorld(config: object = {}, policy?: PeoplePolicy) {
  const world = await makeWorld();
  const powers = createPowers();
  const { people, events, configure } = await makePeople(powers, world.home, { config });
  const exec = new PersonExec({
    broker: world.input,
    files: powers.files,
    path: () => ['/usr/bin', '/bin'],
    jobs: world.jobs,
    people: policy ? { ...people, point: () => ({ people: policy }) } : people,
  });
  const run = (...command: readonly string[]) =>
    exec.run({ command, cwd: world.home, background: false }, ADA);
  const decisions = () =>
    world.audit.entries.flatMap((entry) =>
      entry.type === 'decision' ? [[entry.principal, entry.effect, entry.rule?.source ?? null]] : [],
    );
  return { ...world, people, events, configure, exec, run, decisions, powers };
}

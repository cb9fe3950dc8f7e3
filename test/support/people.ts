import { openPeople, type People } from '../../core/people.ts';
import type { SpokeBook } from '../../core/registry/spoke-book.ts';
import { type Config, configSchema } from '../../schemas/config.ts';
import { placesFor } from '../../schemas/places.ts';
import type { TestPowers } from './powers.ts';

export interface TestPeople {
  readonly people: People;
  readonly events: { readonly name: string; readonly detail: Readonly<Record<string, unknown>> }[];
  /** The policy of every spoke has this hash. */
  policy: string;
  strict: boolean;
  /** From now on config.yaml says this. */
  readonly configure: (config: object) => void;
}

/** What asks persons, on the files of a home of the test's own and a configuration. */
export async function makePeople(
  powers: TestPowers,
  home: string,
  { config = {}, strict = false }: { readonly config?: object; readonly strict?: boolean } = {},
): Promise<TestPeople> {
  const events: TestPeople['events'] = [];
  const book: { config: Config } = { config: configSchema.parse(config) };
  const made = { policy: 'the policy', strict };
  const people = await openPeople({
    ...{ powers, home, book: book as SpokeBook },
    get strict() {
      return made.strict;
    },
    places: placesFor({ AXIUM_HOME: home }, home),
    onQuestions: () => {},
    recordEvent: (name, _spoke, detail) => events.push({ name, detail }),
    hashOf: () => made.policy,
    path: () => ['/usr/bin', '/bin'],
  });
  const configure = (changed: object) => {
    book.config = configSchema.parse(changed);
  };
  return Object.assign(made, { people, events, configure });
}

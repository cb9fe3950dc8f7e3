import type { Review } from '../schemas/consent.ts';
import { shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { localTime } from './local-time.ts';
import { aligned } from './plain-text.ts';

/** What a spoke asks for beside what was consented to, as a difference, and what became of its code. */
export function reviewText(review: Review, home: string): string {
  const { spoke, version, directory, waiting, dropped } = review;
  const verdict =
    waiting.length === 0
      ? 'asks for nothing beside what you consented to'
      : review.consented === null
        ? 'asks for this, and has nothing until you consent'
        : 'asks for more than you consented to, which waits';
  const lines = [
    `Spoke '${visibleText(spoke)}' (v${visibleText(version)}) ${verdict}:`.replace(
      waiting.length === 0 && dropped.length === 0 ? /:$/ : /$/,
      '',
    ),
    ...waiting.map((rule) => `  + ${visibleText(shortened(rule, home))}`),
    ...dropped.map((rule) => `  - ${visibleText(rule)}`),
    '',
  ];
  const facts = aligned([
    ['directory', shortPath(directory, home)],
    ['code', codeText(review)],
    ['sha256', review.code ?? 'cannot be told'],
  ]);
  return `${lines.join('\n')}${waiting.length + dropped.length > 0 ? '\n' : ''}${facts}`;
}

/** The place of a rule, which stands at its end in brackets, with `~` for the home directory. */
function shortened(rule: string, home: string): string {
  return rule.replace(` (${home}/`, ' (~/');
}

function codeText({ code_changed, consented }: Review): string {
  if (consented === null) return 'you have not consented to anything yet';
  const when = `since you consented on ${localTime(consented)}`;
  if (code_changed === null) return `not known whether it has changed ${when}`;
  return code_changed ? `has changed ${when}` : `has not changed ${when}`;
}

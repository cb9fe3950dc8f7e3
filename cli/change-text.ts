import { shortPath } from '../schemas/places.ts';
import type { Opening, RightsChange } from '../schemas/plan.ts';
import { visibleLines, visibleText } from '../schemas/visible-text.ts';
import { patternText } from './permissions-text.ts';

/** What a change of permissions.yaml does to its text. */
export function diffText(file: string, diff: string): string {
  return diff === '' ? '' : `${visibleText(file)}\n${visibleDiff(diff)}\n`;
}

/** A backslash of a pattern stays one, so that the lines can be compared with the file. */
function visibleDiff(diff: string): string {
  return diff
    .split('\n')
    .map((line) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(line.replaceAll('\t', ' ')) ? visibleLines(line) : line))
    .join('\n');
}

/** What it does to the rights of each spoke. */
export function changesText(changes: readonly RightsChange[] | null, home: string): string {
  if (changes === null) return '';
  if (changes.length === 0) return 'No rights change.\n';
  return changes
    .map(({ spoke, added, removed, more }) =>
      [
        visibleText(spoke),
        ...removed.map((rule) => `  - ${ruleText(rule, home)}`),
        ...added.map((rule) => `  + ${ruleText(rule, home)}`),
        ...(more === 0 ? [] : [`  and ${more} more`]),
        '',
      ].join('\n'),
    )
    .join('');
}

/** What is opened that its user should know of, a line for each rule that opens it. */
export function openingsText(opens: readonly Opening[], home: string): readonly string[] {
  return opens.map(
    ({ spoke, by, opens: kinds }) => `${spoke}: ${shortPath(by, home)} opens ${kinds.join(', ')}`,
  );
}

function ruleText(rule: string, home: string): string {
  return patternText(rule.replaceAll(`, ${home}/`, ', ~/'));
}

import type { Answer } from '../schemas/answer.ts';
import type { Effective } from '../schemas/effective.ts';
import { type Places, shortPath } from '../schemas/places.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { type Denial, isMeant } from './denials.ts';
import { localTime } from './local-time.ts';
import { patternText } from './permissions-text.ts';
import { deniedText, type Proposals, shellText } from './proposals.ts';

export interface WhyInput {
  readonly denial: Denial;
  readonly answer: Answer | null;
  /** Null for a spoke that is not there any more. */
  readonly rights: Effective | null;
  readonly proposals: Proposals;
  readonly places: Places;
  readonly home: string;
  readonly now: number;
}

/** Why something was denied, by which line, and what could be done about it. */
export function whyText(input: WhyInput): string {
  const { denial, answer, rights, proposals, places, home, now } = input;
  const where = (origin: string) => visibleText(placeText(origin, places, home));
  const about = deniedText(denial, home);
  const what = `${denial.spoke} was denied ${denial.action}${about === '' ? '' : ` ${about}`}`;
  const lines = [`${visibleText(what)}      ${timesText(denial, now)}`];
  const because = [
    ...(denial.rule === null || denial.rule.source === 'system'
      ? [visibleText(denial.reason)]
      : [`${where(denial.rule.origin)}   ${saysText(denial.rule)}`]),
    ...(denial.rule === null ? nearest(rights, denial, home) : []).map(
      ({ origin, pattern, source }) =>
        `${where(origin)}   ${source === 'base' ? 'asks for' : 'allows'}  ${patternText(pattern)}`,
    ),
  ];
  lines.push(...labelled('because', because));
  if (answer?.effect === 'allow') {
    const by =
      answer.rule === null ? '' : `: ${where(answer.rule.origin)}   ${patternText(answer.rule.pattern)}`;
    lines.push(...labelled('now', [`it is allowed${by}`]));
  } else if (answer !== null && isMeant(denial, answer) && answer.rule?.origin !== denial.rule?.origin) {
    lines.push(...labelled('now', [`${where(answer.rule?.origin ?? '')}   ${saysText(answer.rule)}`]));
  }
  lines.push(...labelled('fix', fixLines(proposals)));
  if (proposals.keep)
    lines.push(`  or keep it denied and quiet:  ${visibleText(shellText(proposals.keep.words))}`);
  return `${lines.join('\n')}\n`;
}

/** The commands that could be run about it, each with what is to be known of it. */
function fixLines({ fixes, none }: Proposals): readonly string[] {
  if (fixes.length === 0) return none === '' ? [] : [none];
  return fixes.map(({ words, note }) => `${commandLine(words)}${note === '' ? '' : `      ${note}`}`);
}

/** Backslashes of a pattern stay single, so that the line can be copied. */
function commandLine(words: readonly string[]): string {
  const text = shellText(words);
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(text) ? visibleText(text) : text;
}

function labelled(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(9)}${line}`);
}

function saysText(rule: { readonly effect: string; readonly pattern: string } | null | undefined): string {
  if (!rule) return '';
  if (['true', 'false', 'ask'].includes(rule.pattern)) return `says ${rule.pattern}`;
  const verb =
    { allow: 'allows', ask: 'has a person asked about', deny: 'denies' }[rule.effect] ?? rule.effect;
  return `${verb}  ${patternText(rule.pattern)}`;
}

function timesText({ count, last }: Denial, now: number): string {
  const [day = '', clock = ''] = localTime(last).split(' ');
  const [today] = localTime(now).split(' ');
  const time = day === today ? clock : `${day} ${clock}`;
  return count === 1 ? `once, ${time}` : `${count} times, last ${time}`;
}

/** A place as file:line, what lies in the configuration without the way there. */
function placeText(origin: string, { config }: Places, home: string): string {
  const line = origin.replace(/:\d+$/, '');
  return line.startsWith(`${config}/`) ? line.slice(config.length + 1) : shortPath(line, home);
}

/** How many entries that nearly fit are shown. */
const MAX_NEAREST = 2;

/** The entries of the same action that have most in common with what was asked. */
function nearest(rights: Effective | null, denial: Denial, home: string): Effective['fs_read'] {
  if (rights === null) return [];
  const { action } = denial;
  if (action === 'exec') {
    const [program] = deniedText(denial, home).split(' ');
    return rights.exec.commands
      .filter(({ pattern }) => pattern.split(' ')[0] === program)
      .slice(0, MAX_NEAREST);
  }
  if (action !== 'fs_read' && action !== 'fs_write') return [];
  const path = deniedText(denial, home).split('/');
  const shared = (pattern: string) => {
    const parts = shortPath(pattern, home).split('/');
    const differs = parts.findIndex((part, index) => part !== path[index]);
    return differs < 0 ? parts.length : differs;
  };
  const asked = shortPath(denial.target ?? denial.resource ?? '', home);
  // The root, or the home, is in common with everything.
  return rights[action]
    .filter(({ pattern }) => shared(pattern) >= Math.min(2, asked.split('/').length - 1))
    .toSorted((one, other) => shared(other.pattern) - shared(one.pattern))
    .slice(0, MAX_NEAREST);
}

import type { Answer } from '../schemas/answer.ts';
import { DECIDED_ACTIONS } from '../schemas/expectations.ts';
import { needsResource } from '../schemas/needs-resource.ts';
import { shortPath } from '../schemas/places.ts';
import { type Denial, privilegedName } from './denials.ts';
import { literalPattern } from './typed-pattern.ts';

/** A command that would change what was denied, from the narrowest to the broadest. */
export interface Proposal {
  /** The words behind `axium`. */
  readonly words: readonly string[];
  /** In a few words, how it differs from the narrowest; empty for that. */
  readonly note: string;
}

export interface Proposals {
  readonly fixes: readonly Proposal[];
  /** What keeps it denied, and out of this list. Null where it is so already, or cannot be said. */
  readonly keep: Proposal | null;
  /** Why there is nothing to propose; empty where there is. */
  readonly none: string;
}

export interface ProposalInput {
  readonly denial: Denial;
  readonly answer: Answer | null;
  readonly home: string;
  /** What permissions.yaml says, as data. */
  readonly data: Readonly<Record<string, unknown>>;
}

const HOUR = ['--for', '1h'];

/** What somebody could do about a denial. Pure. */
export function proposalsFor({ denial, answer, home, data }: ProposalInput): Proposals {
  const { spoke, action } = denial;
  const none = (why: string): Proposals => ({ fixes: [], keep: null, none: why });
  if (answer?.effect === 'allow') return none('');
  if (!(DECIDED_ACTIONS as readonly string[]).includes(action))
    return none('nothing in permissions.yaml changes this');
  const rule = answer === null ? denial.rule : answer.rule;
  const reason = answer?.reason ?? denial.reason;
  if (reason.startsWith('it waits for your consent'))
    return { fixes: [{ words: ['spoke', 'review', spoke], note: '' }], keep: null, none: '' };
  if (/^the host allows | is locked by /.test(reason))
    return none("the host's policy says so, which is root's to change");
  if (rule === null && reason !== 'no rule allows it')
    return none('nothing in permissions.yaml changes this');
  const literal = literalOf(denial, home);
  if (literal === '') return none("this cannot be written as an entry; see 'axium perms edit'");
  const narrow = literal === null ? [action] : [action, literal];
  // What root does is proposed to be asked about each time, and never to be done without.
  const verb = action === 'privileged' ? 'ask' : 'allow';
  const allow = (words: readonly string[]) => ['perms', verb, spoke, ...words];
  const keep = { words: ['perms', 'deny', spoke, ...narrow], note: '' };
  if (rule?.source === 'system') {
    if (!reason.startsWith('code is run from this file'))
      return none('this is built in, and no entry changes it');
    return { fixes: [{ words: [...allow(narrow), '--yes'], note: 'code is run from it' }], keep, none: '' };
  }
  const isSwitch = rule === null || ['true', 'false', 'ask'].includes(rule.pattern);
  if (rule?.source === 'override' && !isSwitch) {
    const section = sectionOf(data, { spoke, action, pattern: rule.pattern });
    const lifted = {
      words: ['perms', 'reset', section, action, rule.pattern],
      note: 'takes back that entry',
    };
    const fixes =
      section === spoke && rule.pattern === literal ? [{ words: allow(narrow), note: '' }] : [lifted];
    return { fixes, keep: rule.effect === 'deny' ? null : keep, none: '' };
  }
  const wide = widerOf(denial, home);
  const fixes = [
    { words: allow(narrow), note: '' },
    ...(wide === null ? [] : [{ words: [...allow([action, wide]), ...HOUR], note: 'wider, expires' }]),
  ];
  const isMeant = rule?.source === 'override' && rule.effect === 'deny';
  return { fixes, keep: isMeant ? null : keep, none: '' };
}

/** The one entry that covers just what was asked; null for an action about nothing, empty where there is none. */
function literalOf(denial: Denial, home: string): string | null {
  const { action, target, resource, command } = denial;
  if (!needsResource(action)) return null;
  if (action === 'exec') return commandOf(denial) ?? '';
  if (action === 'privileged') return privilegedName(resource ?? '');
  const path = target ?? resource;
  if (path === null || !/^[/~]/.test(path) || /\p{Cc}|\.\.\. \(\d+ characters/u.test(path)) return '';
  const literal = literalPattern(path, home);
  return command === 'fs_list' ? `${literal}/*` : literal;
}

/** The words of a command as an entry has them, the program by the name that it was called by. */
function commandOf({ target, resource }: Denial): string | null {
  const words = wordsOf(target);
  if (words === null) return null;
  const [program = '', ...rest] = words;
  const called = /^\S+/.exec(resource ?? '')?.[0] ?? program;
  const name = program.endsWith(`/${called}`) || called === program ? called : program;
  const isPlain = rest.every((word) => word !== '' && word !== '*' && word !== '...' && !/\s/.test(word));
  return isPlain && !/[\s*]/.test(name) ? [name, ...rest].join(' ') : null;
}

export function wordsOf(target: string | null): readonly string[] | null {
  try {
    const words: unknown = JSON.parse(target ?? '');
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null;
  } catch {
    return null;
  }
}

/** Programs of which no wider entry is proposed, since the first of their words is what they run. */
const RUNNERS =
  /^(?:(?:ba|da|k|z|fi|c|tc)?sh|env|sudo|doas|su|xargs|nohup|nice|timeout|time|setsid|find|ssh|make|docker|podman|(?:python|perl|ruby|lua|node|php)[\d.]*|awk|gawk|busybox)$/;

/** The next broader entry: the same kind of file in the same directory, or the same subcommand. */
function widerOf(denial: Denial, home: string): string | null {
  const { action, target, resource, command } = denial;
  if (action === 'exec') {
    const [name = '', verb, ...rest] = commandOf(denial)?.split(' ') ?? [];
    const isRunner = RUNNERS.test(name.slice(name.lastIndexOf('/') + 1));
    return verb === undefined || rest.length === 0 || verb.startsWith('-') || isRunner
      ? null
      : `${name} ${verb} ...`;
  }
  const path = target ?? resource;
  if ((action !== 'fs_read' && action !== 'fs_write') || path === null || command === 'fs_list') return null;
  const cut = path.lastIndexOf('/');
  const [directory, name] = [path.slice(0, cut), path.slice(cut + 1)];
  // Of a home, or of a directory of the system, not even a kind of file is proposed.
  if (directory === home || directory.split('/').length < 3) return null;
  const ending = /[^.](\.[A-Za-z0-9]{1,8})$/.exec(name)?.[1] ?? '';
  return `${literalPattern(directory, home)}/*${ending}`;
}

/** Whose section an entry is in: the spoke's own, unless only `"*"` has it. */
function sectionOf(
  data: Readonly<Record<string, unknown>>,
  { spoke, action, pattern }: { readonly spoke: string; readonly action: string; readonly pattern: string },
): string {
  const has = (name: string) => {
    const section = Object(Object.hasOwn(data, name) ? data[name] : {}) as Record<string, unknown>;
    const lists = [section, Object(section.deny), Object(section.ask)].map((part) =>
      Reflect.get(part, action),
    );
    return lists.some((list) => JSON.stringify(list ?? null).includes(JSON.stringify(pattern)));
  };
  return !has(spoke) && has('*') ? '*' : spoke;
}

/** A command to be copied into a shell. */
export function shellText(words: readonly string[]): string {
  return ['axium', ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** What was denied, as people write it. */
export function deniedText({ action, target, resource }: Denial, home: string): string {
  if (action === 'exec') return resource ?? wordsOf(target)?.join(' ') ?? '';
  if (action === 'privileged') return resource ?? '';
  return shortPath(target ?? resource ?? '', home);
}

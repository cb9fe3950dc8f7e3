import { DECIDED_ACTIONS, type DecidedAction } from '../schemas/expectations.ts';
import { needsResource } from '../schemas/needs-resource.ts';
import { shortPath } from '../schemas/places.ts';
import type { Plan } from '../schemas/plan.ts';
import type { Question } from './ask-decision.ts';
import { changePermissions } from './change-permissions.ts';
import type { Call } from './commands.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { expiryOf } from './expiry-option.ts';
import { spokeNotFound } from './missing-spoke.ts';
import { editsFor, type Wish } from './permissions-wish.ts';
import { typedPattern } from './typed-pattern.ts';

/** Does what `perms allow`, `perms ask` and `perms deny` are for. */
export async function changeRule(
  context: Context,
  effect: Wish['effect'],
  { args, options }: Call,
): Promise<void> {
  const [spoke = '', action = '', typed] = args;
  const expires = expiryOf(options, Date.now());
  const pattern =
    typed === undefined ? null : await patternOf(context, action, typed, options.pattern === true);
  const wish: Wish = {
    effect,
    spoke,
    action: actionOf(action),
    pattern,
    terms: {
      ...(expires === undefined ? {} : { expires }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
  };
  const question = questionFor(wish);
  await changePermissions(context, options, {
    what: ['perms', effect, ...args].join(' '),
    edits: async (data, rights) => editsFor(wish, data, await execNow(wish, data, rights)),
    refuse: (data, rights) => refuseUnknown(context, spoke, { data, rights }),
    ...(question === null ? {} : { question, wanted: effect }),
    pattern,
    nothing: 'Nothing to change: permissions.yaml says so already, or need not.',
  });
}

/** What the spoke may run now, where it matters: the first list of an override takes the place of the manifest's. */
async function execNow(
  { effect, spoke, action, pattern }: Wish,
  data: Readonly<Record<string, unknown>>,
  rights: () => Promise<Plan['rights']>,
) {
  const section = Object.hasOwn(data, spoke) ? data[spoke] : undefined;
  const isSaid = typeof section === 'object' && section !== null && 'exec' in section;
  if (effect !== 'allow' || action !== 'exec' || pattern === null || isSaid) return null;
  return (await rights())[spoke]?.exec ?? null;
}

export function actionOf(action: string): DecidedAction {
  const known = DECIDED_ACTIONS.find((one) => one === action);
  if (known !== undefined) return known;
  throw new CliError(EXIT.usage, `'${action}': expected an action, one of ${DECIDED_ACTIONS.join(', ')}`);
}

/** The pattern as the file has it. */
export async function patternOf(
  { home, remark }: Context,
  action: string,
  typed: string,
  isPattern: boolean,
): Promise<string> {
  if (action === 'exec' || action === 'privileged') return typed;
  if (isPattern) return shortPath(typed, home);
  const { pattern, escaped } = await typedPattern(typed, home);
  if (escaped)
    remark(
      `axium: there is a file of this very name, which is what is meant; --pattern takes it as a pattern\n`,
    );
  return pattern;
}

/** Rules for a spoke that is not there do nothing, and its name is most often misspelled. */
export async function refuseUnknown(
  context: Context,
  spoke: string,
  { data, rights }: { readonly data: Readonly<Record<string, unknown>>; readonly rights: Plan['rights'] },
): Promise<void> {
  if (spoke === '*' || Object.hasOwn(rights, spoke)) return;
  if (spoke !== 'expect' && Object.hasOwn(data, spoke)) return;
  throw await spokeNotFound(context, spoke);
}

/** The request that the wish is about, where it is about just one. */
function questionFor({ spoke, action, pattern }: Wish): Question | null {
  const isOne = needsResource(action) ? pattern !== null && !/[*?[\]{}$]|\.\.\.$/.test(pattern) : true;
  if (!isOne || spoke === '*') return null;
  return { spoke, action, ...(pattern === null ? {} : { resource: pattern }) };
}

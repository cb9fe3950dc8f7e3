import type { Effect } from '../schemas/decision.ts';
import { shortPath } from '../schemas/places.ts';
import type { Plan } from '../schemas/plan.ts';
import { visibleText } from '../schemas/visible-text.ts';
import type { Question } from './ask-decision.ts';
import { changesText, diffText, openingsText } from './change-text.ts';
import type { Options } from './commands.ts';
import type { Context } from './context.ts';
import { withEditLock } from './edit-lock.ts';
import { CliError, EXIT } from './exit.ts';
import {
  confirmPermissions,
  planChange,
  readPermissionsFile,
  type Standing,
  savePermissions,
} from './permissions-file.ts';
import { textDiff } from './text-diff.ts';
import { NotSurgical, type YamlEdit } from './yaml-change.ts';
import { editYaml } from './yaml-edit.ts';
import { dataOf, readSource } from './yaml-source.ts';

export interface Change {
  /** The command, for whoever undoes it. */
  readonly what: string;
  /** What to change, told what the file says; `rights` tells what spokes may do by it, which takes a moment. */
  readonly edits: (
    data: Readonly<Record<string, unknown>>,
    rights: () => Promise<Plan['rights']>,
  ) => Promise<readonly YamlEdit[]>;
  /** Refuses what makes no sense. */
  readonly refuse?: (data: Readonly<Record<string, unknown>>, rights: Plan['rights']) => Promise<void>;
  /** What to ask of the changed file, to be told where its answer is another one. */
  readonly question?: Question;
  readonly wanted?: Effect;
  /** The entry that is added, of which whatever makes it do nothing is told. */
  readonly pattern?: string | null;
  /** What to say where there is nothing to change. */
  readonly nothing: string;
}

/**
 * Changes permissions.yaml by a command: locked, checked, saved in one step, and confirmed by the daemon. Prints the
 * lines that changed and what spokes may do now. Nothing is saved that is not valid, or that opens what is sensitive
 * without `--yes`.
 */
export async function changePermissions(context: Context, options: Options, change: Change): Promise<void> {
  const { places } = context;
  await withEditLock(places.editLock, { edits: false }, async () => {
    const before = await readPermissionsFile(context);
    const { text, plan } = await planned(context, before, change);
    if (text === (before ?? '')) return context.print(`${change.nothing}\n`);
    refuseOpenings(context, plan, options);
    await savePermissions(context, { what: change.what, before, text });
    const standing = await confirmPermissions(context, text);
    await report(context, { before: before ?? '', text, plan, standing });
    remarkWarnings(context, plan, change.pattern ?? null);
    remarkOther(context, plan, change.wanted);
  });
}

async function planned(
  context: Context,
  before: string | null,
  change: Change,
): Promise<{ readonly text: string; readonly plan: Plan }> {
  const file = shortPath(context.places.permissionsFile, context.home);
  const now = before ?? '';
  const data = () => dataOf(readSource(now));
  const refuseBroken = (plan: Plan): Plan => {
    if (plan.broken.length === 0) return plan;
    const message = `${file} is not valid, so it cannot be changed by a command; mend it with 'axium perms edit'`;
    throw new CliError(EXIT.badYaml, message, plan.broken);
  };
  const asItIs = async () => refuseBroken(await planChange(context, before, now));
  // What does not even parse is told of in the words of who reads it.
  if (readSource(now).document.errors.length > 0) await asItIs();
  const edits = await change.edits(data(), async () => (await asItIs()).rights);
  const text = edited(file, now, edits);
  const plan = refuseBroken(await planChange(context, before, text, change.question));
  await change.refuse?.(data(), plan.rights);
  if (!plan.ok)
    throw new CliError(EXIT.badYaml, 'nothing was changed, since this would not be valid:', plan.problems);
  return { text, plan };
}

function edited(file: string, before: string, edits: readonly YamlEdit[]): string {
  try {
    return editYaml(before, edits);
  } catch (error) {
    if (!(error instanceof NotSurgical)) throw error;
    throw new CliError(
      EXIT.badYaml,
      `${file} is written in a form that no command changes without touching the rest; use 'axium perms edit'`,
    );
  }
}

/** Widening onto something sensitive is said before it is done. */
export function refuseOpenings({ home }: Context, { opens }: Plan, { yes }: Options): void {
  if (opens.length === 0 || yes) return;
  throw new CliError(
    EXIT.no,
    'nothing was changed, since this opens what is sensitive; add --yes if it is meant:',
    openingsText(opens, home),
  );
}

/** Prints what changed, and whether it counts. */
export async function report(
  context: Context,
  {
    before,
    text,
    plan,
    standing,
  }: {
    readonly before: string;
    readonly text: string;
    readonly plan: Plan;
    readonly standing: Standing;
  },
): Promise<void> {
  const { places, home, print } = context;
  const file = shortPath(places.permissionsFile, home);
  await print(diffText(file, textDiff(before, text)) + changesText(plan.changes, home));
  remarkStanding(context, standing);
}

/** Says what is strange about the new entry: a variable that is not set, a path that no file can have. */
function remarkWarnings({ home, remark }: Context, { warnings }: Plan, pattern: string | null): void {
  for (const warning of warnings) {
    if (pattern !== null && warning.includes(`'${pattern}'`))
      remark(`axium: warning: ${visibleText(warning.replaceAll(`${home}/`, '~/'))}\n`);
  }
}

/** Says where another rule makes something else of it, which the file alone does not show. */
function remarkOther({ home, remark }: Context, { answer }: Plan, wanted: Effect | undefined): void {
  if (answer === null || answer.effect === wanted) return;
  const where = answer.rule === null ? '' : ` (${shortPath(answer.rule.origin, home)})`;
  remark(`axium: what counts is still ${answer.effect}: ${visibleText(answer.reason + where)}\n`);
}

function remarkStanding({ remark }: Context, standing: Standing): void {
  if (standing === 'not running')
    remark('axium: the daemon is not running; this counts once it is started\n');
  if (standing === 'strict')
    remark(
      'axium: the daemon is in strict mode, so permissions.yaml does not count; this counts without it\n',
    );
}

import { shortPath } from '../schemas/places.ts';
import type { Plan } from '../schemas/plan.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { askChoice } from './ask-choice.ts';
import { changesText, diffText } from './change-text.ts';
import type { Context } from './context.ts';
import { type Draft, makeDraft } from './draft.ts';
import { editFile } from './editor.ts';
import { CliError, EXIT } from './exit.ts';
import { confirmPermissions, planChange, readPermissionsFile, savePermissions } from './permissions-file.ts';
import { indented } from './plain-text.ts';
import { textDiff } from './text-diff.ts';

/**
 * Lets a person edit permissions.yaml: a private copy, which is saved in one step once it is valid, and only in the place
 * of what was copied. Whatever cannot be saved is kept, and where it lies is told.
 */
export async function editPermissions(context: Context): Promise<void> {
  const before = (await readPermissionsFile(context)) ?? '';
  const draft = await makeDraft(context.places.drafts, before);
  for (;;) {
    const failure = await editFile(context, draft.path).then(() => null, asCliError);
    const text = await draft.read();
    if (text === before) {
      await draft.remove();
      if (failure === null) return;
      // One that was never started has left nothing to be told of.
      if (failure.exitCode !== EXIT.no) throw failure;
      throw new CliError(failure.exitCode, `${failure.message}; nothing was changed`);
    }
    const plan = await planChange(context, before, text);
    if (failure)
      throw kept(context, draft, failure.exitCode, `${failure.message}, so nothing was saved`, plan);
    if (plan.ok) return save(context, { draft, before, text, plan });
    const message = 'this is not valid, so nothing was saved';
    if (!(await editsAgain(context, { before, text, plan }))) {
      if (!process.stdin.isTTY) throw kept(context, draft, EXIT.badYaml, message, plan);
      await draft.remove();
      throw new CliError(EXIT.no, 'discarded; nothing was changed');
    }
  }
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  throw error;
}

/** Takes a text that was made elsewhere, under the same rules. */
export async function takePermissions(context: Context, text: string): Promise<void> {
  const before = await readPermissionsFile(context);
  const plan = await planChange(context, before, text);
  if (!plan.ok) throw new CliError(EXIT.badYaml, 'this is not valid, so nothing was saved:', plan.problems);
  if (text !== before) await savePermissions(context, { what: 'perms edit --from', before, text });
  await finish(context, text, plan);
}

interface Edited {
  readonly before: string;
  readonly text: string;
  readonly plan: Plan;
}

async function save(context: Context, { draft, before, text, plan }: Edited & { readonly draft: Draft }) {
  await savePermissions(context, { what: 'perms edit', before, text }).catch((error: unknown) => {
    if (error instanceof CliError) throw kept(context, draft, error.exitCode, error.message);
    throw error;
  });
  await draft.remove();
  await finish(context, text, plan);
}

/** Says what the text comes to, once the daemon has taken it. */
async function finish(context: Context, text: string, { warnings, changes }: Plan): Promise<void> {
  for (const warning of warnings) context.remark(`axium: warning: ${visibleText(warning)}\n`);
  await confirmPermissions(context, text);
  if (changes !== null && changes.length > 0) await context.print(changesText(changes, context.home));
}

/** What to say where a text could not be saved: it is not lost. */
function kept({ home }: Context, { path }: Draft, exitCode: number, message: string, plan?: Plan): CliError {
  const where = shortPath(path, home);
  const text = `${message}; your text is kept, and 'axium perms edit --from ${where}' takes it`;
  return new CliError(exitCode, text, plan?.problems ?? []);
}

/** Asks what to do about a text that is not valid; false is to give it up, as it is where nobody can be asked. */
async function editsAgain(context: Context, { before, text, plan }: Edited): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  context.remark(plan.problems.map(indented).join(''));
  for (;;) {
    const choice = await askChoice('Not valid. (e)dit again, (d)iff, e(x)it without saving? ', [
      'e',
      'd',
      'x',
    ]);
    if (choice !== 'd') return choice === 'e';
    const file = shortPath(context.places.permissionsFile, context.home);
    context.remark(diffText(file, textDiff(before, text)));
  }
}

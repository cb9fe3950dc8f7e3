import { NotSurgical, type YamlEdit } from './yaml-change.ts';
import { editData, isSame } from './yaml-data.ts';
import { put } from './yaml-put.ts';
import { removed } from './yaml-remove.ts';
import { commentsIn, dataOf, readSource } from './yaml-source.ts';
import { withComments } from './yaml-splice.ts';

/**
 * Makes changes in a text so that everything else stays byte for byte: comments, order, indentation and ends of lines. A
 * comment on what is removed stays, on a line of its own. Throws NotSurgical where the result would say anything but what
 * was asked for; it is read again to know.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits.reduce(editOnce, text);
}

function editOnce(text: string, edit: YamlEdit): string {
  const source = readSource(text);
  const expected = editData(dataOf(source), edit);
  const changed = edit.do === 'remove' ? removed(source, edit.path) : put(source, edit);
  const result = withComments(text, changed);
  const after = readSource(result);
  if (after.document.errors.length > 0 || !isSame(dataOf(after), expected)) throw new NotSurgical();
  if (!keepsComments(text, result)) throw new NotSurgical();
  return result;
}

function keepsComments(before: string, after: string): boolean {
  const left = new Map<string, number>();
  for (const { text } of commentsIn(after)) left.set(text, (left.get(text) ?? 0) + 1);
  return commentsIn(before).every(({ text }) => {
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return count > 0;
  });
}

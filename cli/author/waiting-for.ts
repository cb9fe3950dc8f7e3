import { lstat, readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Context } from '../context.ts';
import { readPermissionsFile } from '../permissions-file.ts';
import { commandText, indented } from '../plain-text.ts';
import { dataOf, readSource } from '../yaml-source.ts';

/**
 * What would count for a spoke of this name beside what it asks for, since it was there before the spoke: its section of
 * permissions.yaml, grants that last, and what was stored. Whoever makes a spoke chooses its name, and with it all this.
 */
export async function waitingFor(context: Context, name: string): Promise<string> {
  const { places, home } = context;
  const section = sectionOf(await readPermissionsFile(context), name);
  const granted = await grantsOf(places.grants, name);
  const storage = `${places.storage}/${name}`;
  const hasStored = await lstat(storage).then(
    () => true,
    () => false,
  );
  return [
    section === undefined
      ? ''
      : `warning: permissions.yaml has a section for this name, which counts for it:\n${indented(stringify(section))}`,
    ...granted.map(
      (words) => `warning: a grant from before counts for it: ${visibleText(commandText(words))} ...\n`,
    ),
    hasStored
      ? `warning: it finds what a spoke of this name has stored, in ${visibleText(shortPath(storage, home))}\n`
      : '',
  ].join('');
}

function sectionOf(text: string | null, name: string): unknown {
  const source = readSource(text ?? '');
  // The daemon takes nothing of a broken file either.
  if (source.document.errors.length > 0) return undefined;
  const data = dataOf(source);
  return Object.hasOwn(data, name) ? (data[name] ?? undefined) : undefined;
}

interface KeptGrant {
  readonly principal: string;
  readonly words: readonly string[];
}

async function grantsOf(file: string, name: string): Promise<readonly (readonly string[])[]> {
  try {
    const { grants } = JSON.parse(await readFile(file, 'utf8')) as { readonly grants: readonly KeptGrant[] };
    return grants.filter(({ principal }) => principal === `spoke:${name}`).map(({ words }) => words);
  } catch {
    // A file that is no such file grants nothing.
    return [];
  }
}

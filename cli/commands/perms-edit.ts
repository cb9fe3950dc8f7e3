import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { shortPath } from '../../schemas/places.ts';
import { schemaLine } from '../../schemas/schema-line.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { withEditLock } from '../edit-lock.ts';
import { editPermissions, takePermissions } from '../edit-permissions.ts';
import { CliError, EXIT } from '../exit.ts';
import { permissionsTemplate } from '../permissions-template.ts';

/** Edits permissions.yaml, or takes it from elsewhere. No version that is not valid is ever saved, and no edit is lost. */
export const run: Run = async (context, { args, options }) => {
  const [spoke] = args;
  if (spoke !== undefined && !/^[a-z][a-z0-9-]{0,63}$/.test(spoke)) {
    throw new CliError(EXIT.usage, `'${spoke}': expected the name of a spoke, like creds`);
  }
  const { editLock } = context.places;
  if (options.from !== undefined) {
    const text = await readFrom(context, options.from);
    return withEditLock(editLock, { edits: false }, () => takePermissions(context, text));
  }
  await withEditLock(editLock, { edits: true }, async () => {
    await createMissing(context, spoke);
    if (spoke !== undefined) await remarkMissingSection(context, spoke);
    await editPermissions(context);
  });
};

const MAX_BYTES = 1_048_576;

/** The text of a file, or of standard input for `-`. */
async function readFrom({ home }: Context, from: string): Promise<string> {
  const bytes = from === '-' ? await readInput() : await readFile(from.replace(/^~(?=\/)/, home));
  const text = bytes.toString('utf8');
  if (bytes.length > MAX_BYTES || !Buffer.from(text, 'utf8').equals(bytes))
    throw new CliError(EXIT.badYaml, `--from: expected UTF-8 text of at most ${MAX_BYTES} bytes`);
  return text;
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}

async function createMissing({ places, root }: Context, spoke: string | undefined): Promise<void> {
  await mkdir(places.config, { recursive: true, mode: 0o700 });
  const options = { flag: 'wx', mode: 0o600 };
  await writeFile(
    places.permissionsFile,
    `${schemaLine(root, 'permissions')}${permissionsTemplate(spoke)}`,
    options,
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function remarkMissingSection({ places, home, remark }: Context, spoke: string): Promise<void> {
  const text = await readFile(places.permissionsFile, 'utf8');
  // At the beginning of a line, as a comment or not, bare or quoted: only a hint depends on it.
  if (new RegExp(`^#? ?(["']?)${spoke}\\1\\s*:`, 'm').test(text)) return;
  const file = shortPath(places.permissionsFile, home);
  remark(`axium: ${file} has no section for '${spoke}' yet; begin one with a line '${spoke}:'\n`);
}

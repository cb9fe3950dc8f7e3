/** The YAML files that editors can check, by the names of their schemas. */
export const EDITED_FILES = {
  spoke: 'spoke.yaml',
  permissions: 'permissions.yaml',
  config: 'config.yaml',
  policy: 'policy.yaml',
} as const;
export type EditedFile = keyof typeof EDITED_FILES;

/** Where the schema of a file lies in the package. */
export function schemaPath(file: EditedFile): string {
  return `schemas/json/${file}.schema.json`;
}

/** The line that tells an editor by which schema to check a YAML file; `root` is where the package is installed. */
export function schemaLine(root: string, file: EditedFile): string {
  // A blank would end the address for the reader of this line.
  const path = `${root}/${schemaPath(file)}`.split('/').map(encodeURIComponent).join('/');
  return `# yaml-language-server: $schema=file://${path}\n`;
}

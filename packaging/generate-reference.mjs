// Writes the schemas that editors use and the reference in docs, both from what the daemon checks files by. Run by
// `npm run reference`, after the build; test/docs/reference.test.ts fails where they are not as this makes them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { editorSchema } from '../build/schemas/editor-schemas.js';
import { referencePage } from '../build/schemas/reference-page.js';
import { EDITED_FILES, schemaPath } from '../build/schemas/schema-line.js';
import { apiReference } from './api-reference.mjs';

const root = new URL('..', import.meta.url);
mkdirSync(new URL('schemas/json/', root), { recursive: true });
mkdirSync(new URL('docs/reference/', root), { recursive: true });
for (const file of Object.keys(EDITED_FILES)) {
  writeFileSync(new URL(schemaPath(file), root), `${JSON.stringify(editorSchema(file), null, 2)}\n`);
  writeFileSync(new URL(`docs/reference/${file}.md`, root), referencePage(file));
}
const types = readFileSync(new URL('spokes/runtime/api.mts', root), 'utf8');
writeFileSync(new URL('docs/api.md', root), apiReference(types));

import { readFileSync } from 'node:fs';
import type { Run } from '../commands.ts';
import { jsonText } from '../json-text.ts';

export const run: Run = async ({ root, print }, { options }) => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
  await print(options.json ? jsonText({ version, node: process.versions.node }) : `axium ${version}\n`);
};

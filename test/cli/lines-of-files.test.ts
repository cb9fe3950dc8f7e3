import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesOfFiles } from '../../cli/lines-of-files.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

async function readAll(...texts: readonly (string | null)[]): Promise<string[]> {
  const directory = makeTemporaryDirectory();
  const files = texts.map((text, index) => {
    const file = join(directory, String(index));
    if (text !== null) writeFileSync(file, text);
    return file;
  });
  const lines: string[] = [];
  for await (const line of linesOfFiles(files)) lines.push(line);
  return lines;
}

test('a line ends at a newline and at nothing else that may stand in a record', async () => {
  const line = JSON.stringify({ resource: 'a\u2028b\u2029c\u0085d\u000be\u000cf' });
  expect(line).toContain('\u2028');
  expect(await readAll(`${line}\n${line}\n`)).toEqual([line, line]);
});

test('lines come in the order of the files, however long they are, and a file that is not there has none', async () => {
  const long = 'ä€𝄞'.repeat(100_000);
  expect(await readAll('1\n2\n', null, `${long}\n\n3`, '', '4\n')).toEqual(['1', '2', long, '', '3', '4']);
});

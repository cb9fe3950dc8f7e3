import type { Powers } from '../powers.ts';

/** Where file systems are mounted, as the daemon sees it. Throws where that cannot be told. */
export async function mountPoints(files: Powers['files']): Promise<readonly string[]> {
  const table = await files.readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith('/'))
    .map(withoutEscapes);
}

/** The kernel writes blanks, line breaks and backslashes of a path as octal numbers. */
function withoutEscapes(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

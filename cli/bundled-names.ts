import { access, readdir } from 'node:fs/promises';

/** The names of the bundled spokes there are, enabled or not. */
export async function bundledNames(root: string): Promise<readonly string[]> {
  const entries = await readdir(`${root}/spokes`, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const there = await Promise.all(
    names.map((name) =>
      access(`${root}/spokes/${name}/spoke.yaml`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_name, index) => there[index]).sort();
}

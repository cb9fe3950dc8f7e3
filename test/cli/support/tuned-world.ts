import { mkdir, writeFile } from 'node:fs/promises';
import { makeWorld, type World } from './cli.ts';

/** A user with notes, a spoke `weather` that asks for some of them, and maybe a permissions.yaml. */
export async function tunedWorld(permissions: string | null = null, code = ''): Promise<World> {
  const world = await makeWorld();
  const spoke = `${world.axium}/config/spokes/weather`;
  await mkdir(spoke, { recursive: true, mode: 0o700 });
  await mkdir(`${world.home}/notes`);
  await writeFile(`${world.home}/notes/todo.md`, 'call the plumber\n');
  await writeFile(
    `${spoke}/spoke.yaml`,
    'name: weather\nversion: 0.2.0\nentrypoint: main:register\npermissions:\n  notify: true\n  fs_read:\n    - ~/notes/*.txt\n',
  );
  await writeFile(`${spoke}/main.mjs`, `export async function register(axium) {\n${code}\n}\n`);
  if (permissions !== null) await writeFile(fileOf(world), permissions);
  return world;
}

export function fileOf({ axium }: World): string {
  return `${axium}/config/permissions.yaml`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { type AxiumHome, makeAxiumHome } from '../integration/support/axium-home.ts';

/**
 * Does everything that leaves a trace, again and again, under names that no other life of it uses, and says of each what
 * it was told. Said twice: on its log, and by a write of its own.
 */
const BUSY = `export async function register(axium) {
  const life = crypto.randomUUID().slice(0, 13);
  const spoke = 'SPOKE';
  const home = 'HOME';
  const ok = async (request) => {
    const answer = await axium.sendRequest(request);
    return answer.ok && (request.mode !== 'wait' || answer.code === 0);
  };
  const turn = async (n) => {
    const name = life + '-' + n;
    const [notified, wrote, stored, read, ran] = await Promise.all([
      ok({ cmd: 'notify', title: name }),
      ok({ cmd: 'fs_write', path: home + '/out/' + spoke + '/' + name + '.txt', data: name }),
      ok({ cmd: 'storage_put', key: name, value: name }),
      ok({ cmd: 'fs_read', path: home + '/in.txt' }),
      ok({ cmd: 'daemon_exec', command: ['note', name, spoke], mode: 'wait' }),
      ok({ cmd: 'fs_write', path: '/etc/axium-chaos', data: 'never' }),
    ]);
    const told = JSON.stringify({ name, notified, wrote, stored, read, ran });
    console.log('told ' + told);
    await ok({ cmd: 'fs_write', path: home + '/told/' + spoke, data: told + '\\n', append: true });
  };
  void (async () => {
    for (let n = 1; ; n += 1) {
      await turn(n);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
}
`;

/** The command that spokes run: it adds a line to a file of theirs. */
const NOTE = `#!/bin/sh
printf '%s\\n' "$1" >> "$HOME/ran/$2"
`;

/** A home with so many busy spokes. */
export async function makeChaosHome(spokes: number): Promise<{
  readonly home: AxiumHome;
  readonly names: readonly string[];
}> {
  const home = await makeAxiumHome();
  await home.put('in.txt', 'something to read');
  await home.put('bin/note', NOTE);
  for (const directory of ['out', 'ran', 'told']) mkdirSync(`${home.home}/${directory}`);
  const { chmodSync } = await import('node:fs');
  chmodSync(`${home.home}/bin/note`, 0o755);
  const names = Array.from({ length: spokes }, (_, index) => `busy-${index}`);
  for (const name of names) {
    const code = BUSY.replace('SPOKE', name).replace('HOME', home.home);
    mkdirSync(`${home.home}/out/${name}`);
    await home.addSpoke(
      name,
      `permissions:\n  exec: true\n  notify: true\n  fs_read: [~/in.txt]\n  fs_write: [~/out/**, ~/told/*]\n`,
      code,
    );
  }
  writeFileSync(home.places.configFile, `exec:\n  path: [${home.home}/bin, /usr/bin, /bin]\n`);
  return { home, names };
}

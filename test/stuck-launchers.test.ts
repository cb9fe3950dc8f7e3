import { expect, test } from 'vitest';
import { endStuckLaunchers } from '../core/stuck-launchers.ts';
import { createPowers } from './support/powers.ts';

const MARKS = { program: '/usr/bin/bwrap', directories: ['/home/ada/.config/axium', '/run/user/7/axium'] };
const WORDS = ['/usr/bin/bwrap', '--die-with-parent', '--tmpfs', '/run/user/7/axium', '--', '/bin/true'];

interface Process {
  readonly words?: readonly string[];
  readonly parent?: number;
  readonly uid?: number;
}

/** A host on which these processes run, and who of them was ended. */
async function endedOf(processes: Readonly<Record<number, Process>>): Promise<readonly number[]> {
  const ended: number[] = [];
  const readFile = async (path: string) => {
    const [, , pid = '', file] = path.split('/');
    const { words = WORDS, parent = 1, uid = 1000 } = processes[Number(pid)] ?? {};
    return file === 'cmdline'
      ? `${words.join('\0')}\0`
      : `Name:\tbwrap\nPPid:\t${parent}\nUid:\t${uid}\t${uid}\n`;
  };
  const open = async (path: string) => ({
    read: async (bytes: Buffer) => void Buffer.from(await readFile(path)).copy(bytes),
    close: async () => {},
  });
  const files = { readdir: async () => [...Object.keys(processes), 'self'], readFile, open };
  const signal = (pid: number) => {
    ended.push(pid);
    return true;
  };
  const powers = { files, signal, uid: 1000 } as unknown as Parameters<typeof endStuckLaunchers>[0];
  expect(await endStuckLaunchers(powers, MARKS)).toBe(ended.length);
  return ended;
}

test('a launcher of these directories whose daemon is gone is ended', async () => {
  const ofSpoke = [
    '/usr/bin/bwrap',
    '--die-with-parent',
    '--ro-bind',
    '/home/ada/.config/axium/spokes/x',
    '/spoke',
  ];
  expect(await endedOf({ 7: {}, 8: { words: ofSpoke } })).toEqual([7, 8]);
});

test.each<[string, Process]>([
  ['of another user', { uid: 0 }],
  ['whose parent lives', { parent: 4711 }],
  ['of other directories', { words: WORDS.map((word) => word.replace('/7/', '/8/')) }],
  ['of a directory that only begins alike', { words: WORDS.map((word) => word.replace('axium', 'axium2')) }],
  ['that does not end with its parent', { words: WORDS.filter((word) => word !== '--die-with-parent') }],
  ['of another program', { words: ['/usr/bin/vi', ...WORDS.slice(1)] }],
])('one %s is left alone', async (_, process) => {
  expect(await endedOf({ 7: process })).toEqual([]);
});

test('a host without /proc is no failure', async () => {
  const files = { readdir: () => Promise.reject(new Error('ENOENT')) };
  const powers = { ...createPowers(), files } as unknown as Parameters<typeof endStuckLaunchers>[0];
  expect(await endStuckLaunchers(powers, MARKS)).toBe(0);
});

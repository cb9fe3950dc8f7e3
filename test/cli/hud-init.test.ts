import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hudForms } from '../../core/hud/forms.ts';
import { axium, makeWorld, type World } from './support/cli.ts';

/** What a bash shows as its prompt, and on stderr, after these lines of its own file. */
function promptOf(world: World, lines: readonly string[]) {
  const script = [...lines, `eval "$PROMPT_COMMAND"`, `printf '%s' "\${PS1@P}"`].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    env: { PATH: '/usr/bin:/bin', HOME: world.home, LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
  });
  return { stdout, stderr };
}

const HOSTILE = (marker: string) => [
  { spoke: 'a', value: `$(touch ${marker})` },
  { spoke: 'b', value: `\`touch ${marker}\`` },
  { spoke: 'c', value: `\\$(touch ${marker}) \\\\ !! 50%` },
];

async function makeHud(segments: Parameters<typeof hudForms>[0]) {
  const world = await makeWorld();
  const forms = hudForms(segments);
  for (const [form, text] of Object.entries(forms)) await writeFile(`${world.axium}/run/hud${form}`, text);
  const { stdout: snippet } = await axium(world, 'hud', '--init', 'bash');
  return { world, snippet, file: `${world.axium}/run/hud` };
}

test('the snippet for bash shows the HUD before the prompt, however often it is read, and an empty one not at all', async () => {
  const { world, snippet, file } = await makeHud([{ spoke: 'creds', value: '[creds:Y]' }]);
  const shown = promptOf(world, ["PS1='> '", 'PROMPT_COMMAND="here=1"', snippet, snippet]);
  expect(shown).toEqual({ stdout: '[creds:Y] > ', stderr: '' });
  await writeFile(file, '\n');
  expect(promptOf(world, ["PS1='> '", snippet])).toEqual({ stdout: '> ', stderr: '' });
  spawnSync('rm', [file]);
  expect(promptOf(world, ["PS1='> '", snippet])).toEqual({ stdout: '> ', stderr: '' });
});

test('the snippet for bash starts no process at a prompt', async () => {
  const { world, snippet } = await makeHud([{ spoke: 'creds', value: '[creds:Y]' }]);
  const shown = promptOf(world, ["PS1='> '", snippet, 'PATH=', 'ulimit -u 0']);
  expect(shown).toEqual({ stdout: '[creds:Y] > ', stderr: '' });
});

test.each([
  ['by the snippet', (snippet: string, _file: string) => snippet],
  [
    'by somebody who puts the file into PS1 as it is',
    (_snippet: string, file: string) => `PS1="$(<${file}) "`,
  ],
  [
    'by a program that prints the form for starship',
    (_snippet: string, file: string) => `PS1="$(<${file}.starship) "`,
  ],
])('nothing that a spoke shows runs in a prompt of bash, %s', async (_how, line) => {
  const probe = await makeWorld();
  const marker = `${probe.home}/ran`;
  const { world, snippet, file } = await makeHud(HOSTILE(marker));
  const { stdout, stderr } = promptOf(world, ["PS1='> '", line(snippet, file)]);
  expect(stdout).toContain('touch');
  expect({ stderr, ran: existsSync(marker) }).toEqual({ stderr: '', ran: false });
});

test.each(['bash', 'zsh', 'fish', 'tmux', 'starship'])(
  'there is a snippet for %s, without a daemon',
  async (prompt) => {
    const world = await makeWorld();
    const { code, stdout, stderr } = await axium(world, 'hud', '--init', prompt);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^# Add to /);
    expect(stdout.includes(prompt === 'tmux' ? '@axium_hud' : `${world.axium}/run/hud`)).toBe(true);
  },
);

test('another shell is a usage error that names those there are', async () => {
  const { code, stderr } = await axium(await makeWorld(), 'hud', '--init', 'csh');
  expect(code).toBe(64);
  expect(stderr).toContain('bash, zsh, fish, tmux, starship');
});

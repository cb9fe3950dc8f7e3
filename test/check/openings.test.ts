import { describe, expect, it } from 'vitest';
import { openings, openingsToAll } from '../../core/check/openings.ts';
import { compilePath } from '../../core/policy/match-path.ts';
import { sensitivePlaces } from '../../core/policy/sensitive.ts';
import { NOW } from '../support/queries.ts';
import { compileOverrides, compileRights, HOME, manifestText } from '../support/rights.ts';

const OWN = [`${HOME}/.config/axium`];

function opened(before: string, after: string, manifest = ''): readonly string[] {
  const policy = (overrides: string) => compileRights({ manifest: manifestText(manifest), overrides }).policy;
  return openings({ before: policy(before), after: policy(after), own: OWN, now: NOW }).map(
    ({ by, opens }) => `${by}: ${opens.join(', ')}`,
  );
}

const reads = (...patterns: readonly string[]) => `creds:\n  fs_read: ${JSON.stringify(patterns)}\n`;

describe('in the home of root', () => {
  const told = (text: string, home: string) => {
    const compiled = compilePath(text, { home });
    if (!('ok' in compiled)) throw new Error(`${text} is no pattern`);
    return sensitivePlaces('fs_read', compiled.ok, { home, own: [`${home}/.config/axium`] }).map(
      ({ path }) => path,
    );
  };

  it("files are root's own, as they are of any other user in theirs", () => {
    expect(told('~/notes/todo.md', '/root')).toEqual([]);
    expect(told('/root/notes/*.md', '/root')).toEqual([]);
    expect(told('/root/notes/todo.md', '/home/ada')).toEqual(['/root']);
  });

  it("keys, browsers and Axium's own are told of all the same", () => {
    expect(told('~/.ssh/id_*', '/root')).toEqual(['/root/.ssh']);
    expect(told('~/.mozilla/**', '/root')).toEqual(['/root/.mozilla']);
    expect(told('~/.config/axium/x', '/root')).toEqual(['/root/.config/axium']);
    expect(told('/root/**', '/root')).toContain('/root/.ssh');
  });
});

describe('what is sensitive is told where a change opens it', () => {
  it.each([
    ['~/.ssh/id_work', 'keys and tokens (~/.ssh)'],
    ['~/.ssh/id_*', 'keys and tokens (~/.ssh)'],
    ['~/.netrc', 'keys and tokens (~/.netrc)'],
    ['~/.mozilla/**', 'a browser profile (~/.mozilla)'],
    ['~/.config/google-chrome/Default/Cookies', 'a browser profile (~/.config/google-chrome)'],
    ['~/.config/axium/**', "Axium's own files (~/.config/axium)"],
    ['/etc/shadow', 'passwords (/etc/shadow)'],
    ['~/.{ssh,gnupg}/*', 'keys and tokens (~/.ssh, ~/.gnupg)'],
  ])('fs_read %s', (pattern, told) => {
    expect(opened('', reads(pattern))).toEqual([`fs_read ${pattern}: ${told}`]);
  });

  it('a whole home, in few words', () => {
    const [told = ''] = opened('', reads('~/**'));
    expect(told).toMatch(
      /^fs_read ~\/\*\*: a whole tree of files, keys and tokens \(~\/\.ssh, .* and \d+ more\)/,
    );
    expect(told.length).toBeLessThan(700);
  });

  it.each(['~/notes/*', '~/notes/**', '/srv/x', '~/.config/weather/*.yaml', '~/.sshd/x'])(
    'and not %s',
    (pattern) => {
      expect(opened('', reads(pattern))).toEqual([]);
    },
  );

  it('what was open before is no news, and neither is what stays denied', () => {
    expect(opened(reads('~/.ssh/**'), reads('~/.ssh/**', '~/.ssh/id_*'))).toEqual([]);
    expect(opened('', `${reads('~/.ssh/**')}  deny: {fs_read: [~/.ssh/**]}\n`)).toEqual([]);
    expect(opened('', reads('~/.ssh/id_*'), 'fs_read: [~/.ssh/*]')).toEqual([]);
  });

  it('a denial that goes opens what it had kept closed', () => {
    const denied = `${reads('~/.ssh/**')}  deny: {fs_read: [~/.ssh/**]}\n`;
    expect(opened(denied, reads('~/.ssh/**'))).toEqual(['fs_read ~/.ssh/**: keys and tokens (~/.ssh)']);
  });

  it('an entry that has expired opens nothing', () => {
    expect(opened('', 'creds:\n  fs_read: [{path: ~/.netrc, expires: "2029-01-01T00:00:00Z"}]\n')).toEqual(
      [],
    );
  });

  it('writing through which code persists: by name, and never by a wildcard, which opens it not', () => {
    const writes = (pattern: string) => `creds:\n  fs_write: ["${pattern}"]\n`;
    expect(opened('', writes('~/.bashrc'))).toEqual([
      'fs_write ~/.bashrc: code that runs by itself (~/.bashrc)',
    ]);
    expect(opened('', writes('~/.config/autostart/x.desktop'))).toEqual([
      'fs_write ~/.config/autostart/x.desktop: code that runs by itself (~/.config/autostart)',
    ]);
    expect(opened('', writes('~/.bash*')).join()).not.toContain('runs by itself');
    expect(opened('', writes('~/.config/axium/x'))).toEqual([]);
  });

  it.each([
    ['exec: true', ['exec: true: every command, with all that your user can do']],
    ['exec: ask', ['exec: ask: every command, with all that your user can do']],
    ['exec: [bash -c ...]', ['exec bash -c ...: bash, which runs whatever it is told to']],
    [
      'exec: [/usr/bin/python3.12 x.py]',
      ['exec /usr/bin/python3.12 x.py: /usr/bin/python3.12, which runs whatever it is told to'],
    ],
    ['exec: [sudo ls]', ['exec sudo ls: sudo, which runs whatever it is told to']],
    ['exec: [git log ...]', []],
    ['exec: false', []],
  ])('%s', (rule, told) => {
    expect(opened('', `creds:\n  ${rule}\n`)).toEqual(told);
    expect(opened('creds: {exec: true}\n', `creds:\n  ${rule}\n`)).toEqual([]);
  });

  it('an action of root that nobody is asked about any more', () => {
    const privileged = (entry: string) => `creds: {privileged: [${entry}]}\n`;
    const unasked = privileged('{action: reboot, ask: false}');
    expect(opened('', unasked)).toEqual(['privileged reboot: what root does, with nobody asked']);
    expect(opened(privileged('reboot'), unasked)).toHaveLength(1);
    expect(opened(unasked, unasked)).toEqual([]);
    expect(opened('', privileged('reboot'))).toEqual([]);
    expect(
      opened('', 'creds: {privileged: [{action: reboot, ask: false}], ask: {privileged: [reboot]}}\n'),
    ).toEqual([]);
  });

  it('whatever is newly given to every spoke', () => {
    const star = (text: string) => compileOverrides(text).layers.get('*');
    const before = star('"*": {notify: true}\n');
    const after = star('"*": {notify: true, net: false, fs_read: [/srv/x], deny: {fs_read: [/y]}}\n');
    expect(openingsToAll(before, after)).toEqual([
      { spoke: '*', by: 'fs_read /srv/x', opens: ['it to every spoke, also to those that come later'] },
    ]);
    expect(openingsToAll(after, before)).toEqual([]);
  });
});

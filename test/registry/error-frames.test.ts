import { describe, expect, it } from 'vitest';
import { loadManifest } from '../../core/registry/load-manifest.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { createPowers } from '../support/powers.ts';
import { compileManifest, compileOverrides } from '../support/rights.ts';
import { writeSpoke } from '../support/spoke-directory.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

function messageOf(compile: () => unknown): string {
  try {
    compile();
  } catch (error) {
    if (error instanceof InvalidFile) return error.message;
    throw error;
  }
  return 'valid';
}

const HEAD = ['name: creds', 'entrypoint: main:register'];

describe('a manifest that cannot be taken is told of exactly', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'a key with a typo, beside the key that was meant',
      [...HEAD, 'permisions:', '  exec: true'],
      [
        "spoke.yaml:3:1: unknown key 'permisions'; did you mean 'permissions'?",
        '  2 | entrypoint: main:register',
        '  3 | permisions:',
        '    | ^',
      ],
    ],
    [
      'a typo further inside',
      [...HEAD, 'permissions:', '  notify: true', '  fs_raed: [~/.aws/config]'],
      [
        "spoke.yaml:5:3: unknown key 'fs_raed'; did you mean 'fs_read'?",
        '  4 |   notify: true',
        '  5 |   fs_raed: [~/.aws/config]',
        '    |   ^',
      ],
    ],
    [
      'a typo in an entry of a list',
      [...HEAD, 'permissions:', '  fs_read:', '    - {path: ~/x, expire: 2030-01-01T00:00:00Z}'],
      [
        "spoke.yaml:5:19: unknown key 'expire'; did you mean 'expires'?",
        '  4 |   fs_read:',
        '  5 |     - {path: ~/x, expire: 2030-01-01T00:00:00Z}',
        '    |                   ^',
      ],
    ],
    [
      'a short key with two letters in the place of each other',
      [...HEAD, 'permissions:', '  exce: true'],
      [
        "spoke.yaml:4:3: unknown key 'exce'; did you mean 'exec'?",
        '  3 | permissions:',
        '  4 |   exce: true',
        '    |   ^',
      ],
    ],
    [
      'a version that YAML takes for a number',
      [...HEAD, 'version: 1.0'],
      [
        "spoke.yaml:3:10: expected text; found the number 1; put it in quotes: '1.0'",
        '  2 | entrypoint: main:register',
        '  3 | version: 1.0',
        '    |          ^',
      ],
    ],
    [
      'a description that YAML takes for a switch',
      [...HEAD, 'description: true'],
      [
        "spoke.yaml:3:14: expected text; found true; put it in quotes: 'true'",
        '  2 | entrypoint: main:register',
        '  3 | description: true',
        '    |              ^',
      ],
    ],
    [
      'problems of both lists, in the order of the file',
      [...HEAD, 'permissions:', "  exec: ['* ls']", '  fs_write: [relative]', '  fs_read: [relative]'],
      [
        "spoke.yaml:4:10: exec '* ls': expected the name of a program first, not a wildcard",
        '  3 | permissions:',
        "  4 |   exec: ['* ls']",
        '    |          ^',
        "spoke.yaml:5:14: fs_write 'relative': expected an absolute path, or one that begins with '~/'",
        "  4 |   exec: ['* ls']",
        '  5 |   fs_write: [relative]',
        '    |              ^',
        "spoke.yaml:6:13: fs_read 'relative': expected an absolute path, or one that begins with '~/'",
        '  5 |   fs_write: [relative]',
        '  6 |   fs_read: [relative]',
        '    |             ^',
      ],
    ],
    [
      'a key that resembles nothing, beside those that there are',
      [...HEAD, 'wibble: 1'],
      [
        "spoke.yaml:3:1: unknown key 'wibble'; known here: name, version, description, runtime, entrypoint, api, activation, triggers, idle, permissions",
        '  2 | entrypoint: main:register',
        '  3 | wibble: 1',
        '    | ^',
      ],
    ],
    [
      'a value of the wrong type',
      [...HEAD, 'permissions:', '  notify: 3'],
      [
        'spoke.yaml:4:11: expected true or false; found the number 3',
        '  3 | permissions:',
        '  4 |   notify: 3',
        '    |           ^',
      ],
    ],
    [
      'text where a list belongs',
      [...HEAD, 'permissions:', '  fs_read: ~/.aws/config'],
      [
        "spoke.yaml:4:12: expected a list; found the text '~/.aws/config'; a list of one is written [~/.aws/config]",
        '  3 | permissions:',
        '  4 |   fs_read: ~/.aws/config',
        '    |            ^',
      ],
    ],
    [
      'a word that is nearly one of those that there are',
      [...HEAD, 'permissions:', '  exec_profile: scope', '  exec: asks'],
      [
        "spoke.yaml:4:17: expected host or scoped; found the text 'scope'; did you mean 'scoped'?",
        '  3 | permissions:',
        '  4 |   exec_profile: scope',
        '    |                 ^',
        "spoke.yaml:5:9: expected true or false, or ask, or a list; found the text 'asks'; did you mean 'ask'?",
        '  4 |   exec_profile: scope',
        '  5 |   exec: asks',
        '    |         ^',
      ],
    ],
    [
      'a command where a list of them belongs',
      [...HEAD, 'permissions:', '  exec: git log'],
      [
        `spoke.yaml:4:9: expected true or false, or ask, or a list; found the text 'git log'; a list of one is written ["git log"]`,
        '  3 | permissions:',
        '  4 |   exec: git log',
        '    |         ^',
      ],
    ],
    [
      'exec: yes, which was true in older versions of YAML',
      [...HEAD, 'permissions:', '  exec: yes'],
      [
        "spoke.yaml:4:9: expected true or false, or ask, or a list; found the text 'yes'; 'yes' is text in YAML 1.2: write true",
        '  3 | permissions:',
        '  4 |   exec: yes',
        '    |         ^',
      ],
    ],
    [
      'notify: off',
      [...HEAD, 'permissions:', '  notify: off'],
      [
        "spoke.yaml:4:11: expected true or false; found the text 'off'; 'off' is text in YAML 1.2: write false",
        '  3 | permissions:',
        '  4 |   notify: off',
        '    |           ^',
      ],
    ],
    [
      'a name in capitals',
      ['name: Creds', 'entrypoint: main:register'],
      [
        'spoke.yaml:1:7: expected a lower-case letter, then up to 63 lower-case letters, digits or hyphens',
        '  1 | name: Creds',
        '    |       ^',
      ],
    ],
    [
      'a name that means something else',
      ['name: system', 'entrypoint: main:register'],
      ['spoke.yaml:1:7: this name is reserved; choose another', '  1 | name: system', '    |       ^'],
    ],
    [
      'no entrypoint',
      ['name: creds', 'version: 0.1.0'],
      ["spoke.yaml:1:1: the key 'entrypoint' is missing", '  1 | name: creds', '    | ^'],
    ],
    [
      'an entrypoint without a function',
      ['name: creds', 'entrypoint: main'],
      [
        "spoke.yaml:2:13: expected 'module:function', like main:register",
        '  1 | name: creds',
        '  2 | entrypoint: main',
        '    |             ^',
      ],
    ],
    [
      'a version of the interface that does not exist',
      [...HEAD, 'api: 2'],
      [
        'spoke.yaml:3:6: expected 1; found the number 2',
        '  2 | entrypoint: main:register',
        '  3 | api: 2',
        '    |      ^',
      ],
    ],
    [
      'a pattern that is not absolute',
      [...HEAD, 'permissions:', '  fs_read:', '    - ~/ok', '    - data/*.json'],
      [
        "spoke.yaml:6:7: fs_read 'data/*.json': expected an absolute path, or one that begins with '~/'",
        '  5 |     - ~/ok',
        '  6 |     - data/*.json',
        '    |       ^',
      ],
    ],
    [
      'a command that begins with a wildcard',
      [...HEAD, 'permissions:', '  exec: ["* login"]'],
      [
        "spoke.yaml:4:10: exec '* login': expected the name of a program first, not a wildcard",
        '  3 | permissions:',
        '  4 |   exec: ["* login"]',
        '    |          ^',
      ],
    ],
    [
      'a tab where YAML takes none',
      [...HEAD, 'permissions:', '\tnotify: true'],
      [
        'spoke.yaml:4:1: Tabs are not allowed as indentation; use blanks',
        '  3 | permissions:',
        '  4 | ?notify: true',
        '    | ^',
      ],
    ],
    [
      'a key that is there twice',
      [...HEAD, 'name: other'],
      [
        "spoke.yaml:3:1: the key 'name' is here twice",
        '  2 | entrypoint: main:register',
        '  3 | name: other',
        '    | ^',
      ],
    ],
    [
      'several things at once, each at its place',
      ['nme: creds', 'entrypoint: main:register', 'permissions:', '  net: 1'],
      [
        "spoke.yaml:1:1: the key 'name' is missing",
        '  1 | nme: creds',
        '    | ^',
        "spoke.yaml:1:1: unknown key 'nme'; did you mean 'name'?",
        '  1 | nme: creds',
        '    | ^',
        'spoke.yaml:4:8: expected true or false; found the number 1',
        '  3 | permissions:',
        '  4 |   net: 1',
        '    |        ^',
      ],
    ],
  ])('%s', (_, lines, message) => {
    expect(messageOf(() => compileManifest(lines.join('\n'))).split('\n')).toEqual(message);
  });

  it('an entry module that is not there', async () => {
    const root = makeTemporaryDirectory();
    const directory = writeSpoke(root, 'creds', {
      'spoke.yaml': 'name: creds\nentrypoint: check:register\n',
    });
    const error = await loadManifest(createPowers(), directory, '/home/ada').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InvalidFile);
    expect((error as InvalidFile).message.replaceAll(directory, '<creds>').split('\n')).toEqual([
      "<creds>/spoke.yaml:2:13: the entry module 'check' is not there; expected check.js, check.mjs, check.cjs in the same directory",
      '  1 | name: creds',
      '  2 | entrypoint: check:register',
      '    |             ^',
    ]);
  });
});

describe('permissions.yaml', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'with a section for a spoke that cannot exist',
      ['creds:', '  exec: false', 'Creds:', '  exec: false'],
      [
        "permissions.yaml:3:1: 'Creds': expected a lower-case letter, then up to 63 lower-case letters, digits or hyphens",
        '  2 |   exec: false',
        '  3 | Creds:',
        '    | ^',
      ],
    ],
    [
      'with a section of a reserved name',
      ['system:', '  exec: false'],
      ["permissions.yaml:1:1: 'system': this name is reserved; choose another", '  1 | system:', '    | ^'],
    ],
    [
      'with an empty section',
      ['creds:', 'aws:', '  exec: false'],
      ['permissions.yaml:1:7: expected keys with values; found nothing', '  1 | creds:', '    |       ^'],
    ],
    [
      'with a typo in a denial',
      ['creds:', '  deny:', '    fs_wite: [~/x]'],
      [
        "permissions.yaml:3:5: unknown key 'fs_wite'; did you mean 'fs_write'?",
        '  2 |   deny:',
        '  3 |     fs_wite: [~/x]',
        '    |     ^',
      ],
    ],
    [
      'with a wrong shape in one section and a wrong pattern in another',
      ['creds:', '  notify: no', 'aws:', '  fs_read: [config]'],
      [
        "permissions.yaml:2:11: expected true or false; found the text 'no'; 'no' is text in YAML 1.2: write false",
        '  1 | creds:',
        '  2 |   notify: no',
        '    |           ^',
        "permissions.yaml:4:13: fs_read 'config': expected an absolute path, or one that begins with '~/'",
        '  3 | aws:',
        '  4 |   fs_read: [config]',
        '    |             ^',
      ],
    ],
    [
      'with a moment that has no zone',
      ['creds:', '  fs_read: [{path: ~/x, expires: 2030-01-01}]'],
      [
        'permissions.yaml:2:34: expected a date and time with its zone, like 2030-01-31T18:00:00Z',
        '  1 | creds:',
        '  2 |   fs_read: [{path: ~/x, expires: 2030-01-01}]',
        '    |                                  ^',
      ],
    ],
  ])('%s', (_, lines, message) => {
    expect(messageOf(() => compileOverrides(lines.join('\n'))).split('\n')).toEqual(message);
  });
});

describe('the frame of a hostile file', () => {
  it('shows no control characters, and keeps the mark below its place', () => {
    const text = 'name: creds\nentrypoint: main:register\n\t\x1b[2Jx: 1\r\n';
    expect(messageOf(() => compileManifest(text))).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  it('says nothing that the file could forge', () => {
    const keys = ['"x\\n  9 | forged: 1"', '"\\e[2J"', '"\\u202e"', '"\\u200b"'];
    for (const key of keys) {
      const message = messageOf(() => compileManifest(`${HEAD.join('\n')}\n${key}: 1\n`));
      expect(message.split('\n')).toHaveLength(4);
      expect(message.replaceAll('\n', '')).not.toMatch(/[\p{C}]/u);
    }
    const pattern = messageOf(() =>
      compileManifest(`${HEAD.join('\n')}\npermissions: {fs_read: ["x\\e[2J\\n"]}`),
    );
    expect(pattern.split('\n')).toHaveLength(4);
    expect(pattern.replaceAll('\n', '')).not.toMatch(/[\p{C}]/u);
  });

  it('of one line of 60,000 characters is short', () => {
    const text = `${HEAD.join('\n')}\nwibble: "${'x'.repeat(60_000)}"\n`;
    expect(messageOf(() => compileManifest(text)).length).toBeLessThan(1000);
    const far = `${HEAD.join('\n')}\ndescription: ["${'x'.repeat(60_000)}", &a 1]\n`;
    expect(messageOf(() => compileManifest(far)).length).toBeLessThan(1000);
  });

  it('with lines ended as on Windows looks like any other', () => {
    const lines = [...HEAD, 'permissions:', '  notify: 3'];
    expect(messageOf(() => compileManifest(lines.join('\r\n')))).toBe(
      messageOf(() => compileManifest(lines.join('\n'))),
    );
  });
});

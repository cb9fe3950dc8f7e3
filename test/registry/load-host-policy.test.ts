import { describe, expect, it } from 'vitest';
import { parseHostPolicy } from '../../core/registry/load-host-policy.ts';
import { InvalidFile } from '../../core/registry/problem.ts';
import { CONFIG_KEYS } from '../../schemas/host-policy.ts';
import { HOME } from '../support/rights.ts';

const parse = (...lines: readonly string[]) => parseHostPolicy('policy.yaml', lines.join('\n'), HOME);

function messagesOf(...lines: readonly string[]): readonly string[] {
  try {
    parse(...lines);
  } catch (error) {
    if (error instanceof InvalidFile) return error.message.split('\n').filter((line) => /^policy/.test(line));
    throw error;
  }
  return ['valid'];
}

describe('the policy of a host', () => {
  it('may be empty, and then says nothing', () => {
    expect(parse('')).toMatchObject({ strict: false, require: null, spokes: null, warnings: [] });
    expect(parse('').locks.size + parse('').ceilings.size).toBe(0);
  });

  it('knows where each thing is said', () => {
    const { spokes, locks, ceilings } = parse(
      `spokes: [creds, {name: report, sha256: ${'a'.repeat(64)}}]`,
      'locked: [exec, audit.keep]',
      'ceilings:',
      '  creds: {fs_read: [/srv/a]}',
    );
    expect([...(spokes ?? [])]).toEqual([
      ['creds', { sha256: null, origin: { file: 'policy.yaml', line: 1, column: 10 } }],
      ['report', { sha256: 'a'.repeat(64), origin: { file: 'policy.yaml', line: 1, column: 17 } }],
    ]);
    expect([...locks]).toEqual([['exec', { file: 'policy.yaml', line: 2, column: 10 }]]);
    expect(ceilings.get('creds')?.lists).toEqual({ fs_read: { file: 'policy.yaml', line: 4, column: 20 } });
  });

  it('can lock every key of config.yaml that there is', () => {
    expect(CONFIG_KEYS).toContain('sandbox.spokes');
    expect(CONFIG_KEYS).toContain('environment');
    expect(parse(`locked: [${CONFIG_KEYS.join(', ')}]`).config.locked).toEqual(CONFIG_KEYS);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    [
      'several things at once, patterns too',
      ['strict: yes', 'locked: [exce]', 'ceilings:', '  creds: {exec: no}', '  "*": {fs_read: [srv]}'],
      [
        "policy.yaml:1:9: expected true or false; found the text 'yes'; 'yes' is text in YAML 1.2: write true",
        "policy.yaml:2:10: expected one of exec, exec_profile, privileged, ...; found the text 'exce'; did you mean 'exec'?",
        "policy.yaml:4:17: expected true or false, or ask, or a list; found the text 'no'; 'no' is text in YAML 1.2: write false",
        "policy.yaml:5:19: fs_read 'srv': expected an absolute path, or one that begins with '~/'",
      ],
    ],
    [
      'a value of config.yaml that is none',
      ['config:', '  audit: {keep: long}'],
      ['policy.yaml:2:17: expected a number with ms, s, m, h or d, like 90s or 5m'],
    ],
    [
      'a hash that is none',
      ['spokes: [{name: creds, sha256: abc}]'],
      ["policy.yaml:1:32: expected 64 hex digits, as 'axium spoke review <name>' prints them"],
    ],
    [
      'a variable, which is text here and makes no absolute path',
      ['ceilings: {creds: {fs_read: [$HOME/x]}}'],
      ["policy.yaml:1:30: fs_read '$HOME/x': expected an absolute path, or one that begins with '~/'"],
    ],
  ])('that is not valid is told of exactly: %s', (_, lines, messages) => {
    expect(messagesOf(...lines)).toEqual(messages);
  });
});

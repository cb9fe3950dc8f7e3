import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decide, type Query } from '../../core/policy/decide.ts';
import type { Anchors } from '../../core/policy/match-path.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Action } from '../../schemas/actions.ts';
import { formatOrigin, type PathTarget } from '../../schemas/decision.ts';
import { type PlainDecision, plainDecision } from '../support/plain-decision.ts';
import { askExec, askPath, askPlain, askPrivileged, NOW } from '../support/queries.ts';
import { compileRights } from '../support/rights.ts';

/**
 * One folder of cases/: what a spoke.yaml and a permissions.yaml come to, whole decisions and lists; with consented.yaml
 * for what was consented to, and policy.yaml for what the host says.
 */
interface Case {
  readonly claim: string;
  readonly strict?: boolean;
  readonly env?: Record<string, string>;
  /** Where the literal parts of patterns really lie, and whether only trusted links lead there. */
  readonly links?: Record<string, { readonly to: string; readonly trusted: boolean }>;
  readonly warnings?: readonly string[];
  /** The effective entries of a list, each with its source. */
  readonly lists?: {
    readonly fs_read?: readonly string[];
    readonly fs_write?: readonly string[];
    readonly privileged?: readonly string[];
  };
  readonly decisions: readonly (Asked & { readonly gives: PlainDecision })[];
}

type Asked = Partial<PathTarget> & {
  readonly ask: Action;
  readonly argv?: readonly string[];
  /** Of an action of the root executor. */
  readonly name?: string;
  readonly path?: string;
  readonly now?: string;
};

const FOLDER = new URL('cases/', import.meta.url);

describe.each(readdirSync(FOLDER).map((name) => [name, readCase(name)] as const))('%s', (name, expected) => {
  const { policy, warnings } = compileRights({
    manifest: readText(name, 'spoke.yaml'),
    overrides: textOf(name, 'permissions.yaml') ?? '',
    consented: textOf(name, 'consented.yaml'),
    policies: [textOf(name, 'policy.yaml') ?? []].flat(),
    strict: expected.strict ?? false,
    env: expected.env ?? {},
  });

  it(expected.claim, () => {
    const given = expected.decisions.map(({ gives, ...asked }) => ({
      ...asked,
      gives: plainDecision(decide(policy, queryFor(asked, expected.links))),
    }));
    expect(given).toEqual(expected.decisions);
    expect(warnings.map(({ origin, message }) => `${formatOrigin(origin)}: ${message}`)).toEqual(
      expected.warnings ?? [],
    );
    expect(listsOf(policy)).toMatchObject(expected.lists ?? {});
  });
});

function queryFor({ ask, argv, name, path, now, ...truth }: Asked, links: Case['links'] = {}): Query {
  const anchors: Anchors = new Map(
    Object.entries(links).map(([from, { to, trusted }]) => [from, { any: to, trusted: trusted ? to : null }]),
  );
  const moment = { anchors, now: now === undefined ? NOW : Date.parse(now) };
  if (argv) return askExec(argv, moment);
  if (name !== undefined) return askPrivileged(name, moment);
  if (path !== undefined && (ask === 'fs_read' || ask === 'fs_write')) {
    return askPath(ask, path, { ...moment, ...truth });
  }
  return askPlain(ask, moment);
}

function listsOf({ paths, privileged }: Policy) {
  const shown = (list: 'fs_read' | 'fs_write') =>
    paths[list].map(({ rule }) => `${rule.pattern} (${rule.source})`);
  return {
    fs_read: shown('fs_read'),
    fs_write: shown('fs_write'),
    privileged: privileged.map(({ pattern, source, effect }) => `${pattern} (${source}) ${effect}`),
  };
}

function readCase(name: string): Case {
  return JSON.parse(readText(name, 'expected.json'));
}

/** Absent in most folders. */
function textOf(name: string, file: string): string | undefined {
  return existsSync(new URL(`${name}/${file}`, FOLDER)) ? readText(name, file) : undefined;
}

function readText(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8');
}

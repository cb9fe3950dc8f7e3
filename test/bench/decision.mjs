// A decision on a path with so many rules, beside a loop over the same patterns and beside general policy engines.
import { atLeast, atMost, built, interleave, inUs, median, ratioOf } from './support/figure.mjs';
import { loadPeer } from './support/peers.mjs';

const HOME = '/home/ada';
/** @param {number} at */
const directoryOf = (at) => `${HOME}/projects/p${at % 100}/part-${at}`;
/** @param {number} count */
const patternsOf = (count) => Array.from({ length: count }, (_, at) => `${directoryOf(at)}/*.json`);
/** Half of them match one of the rules, spread over all of them; half match none. @param {number} count */
const pathsOf = (count) =>
  Array.from({ length: 64 }, (_, at) =>
    at % 2 === 0 ? `${directoryOf((at * 7919) % count)}/file.json` : `${HOME}/elsewhere/${at}/file.json`,
  );

/** The policy of a spoke with these patterns, as the daemon makes it. @param {readonly string[]} patterns */
export async function policyOf(patterns) {
  const { compileLayer } = await built('policy/layer');
  const { mergeLayers } = await built('policy/merge');
  const locate = () => ({ file: 'spoke.yaml', line: 1, column: 1 });
  const block = { exec: false, notify: false, net: false, facts: false, fs_read: patterns, fs_write: [] };
  const { layer, problems } = compileLayer({ block, source: 'base', locate, expansion: { home: HOME } });
  if (problems.length > 0) throw new Error(problems[0].message);
  const guard = { home: HOME, neverWrite: [`${HOME}/.config/axium`] };
  return mergeLayers({ spoke: 'bench', base: layer, overrides: [], open: true, guard });
}

/** Decides again and again on these paths; throws where half of them are not allowed. @param {number} count */
export async function decider(count) {
  const { decide } = await built('policy/decide');
  const policy = await policyOf(patternsOf(count));
  const anchors = new Map();
  const queries = pathsOf(count).map((real) => ({
    action: 'fs_read',
    target: { kind: 'path', asked: real, real, found: 'file', kernelFs: null },
    anchors,
    now: 0,
  }));
  return (/** @type {number} */ times) =>
    usEach(times, queries.length, () => {
      let allowed = 0;
      for (const query of queries) if (decide(policy, query).effect === 'allow') allowed += 1;
      return allowed;
    });
}

/** @param {number} times @param {number} size @param {() => number} all */
function usEach(times, size, all) {
  const began = performance.now();
  for (let time = 0; time < times; time += 1) {
    const allowed = all();
    if (allowed !== size / 2) throw new Error(`expected ${size / 2} to be allowed, found ${allowed}`);
  }
  return ((performance.now() - began) * 1000) / (times * size);
}

/** @param {number} count */
async function loop(count) {
  const { Minimatch } = await import('minimatch');
  const patterns = patternsOf(count).map((pattern) => new Minimatch(pattern, { dot: true, nonegate: true }));
  const paths = pathsOf(count);
  return (/** @type {number} */ times) =>
    usEach(times, paths.length, () => {
      let allowed = 0;
      for (const path of paths) if (patterns.some((pattern) => pattern.match(path))) allowed += 1;
      return allowed;
    });
}

/** @param {number} count */
async function casbin(count) {
  const peer = await loadPeer('casbin');
  if (peer === null) return null;
  const model = peer.newModelFromString(
    '[request_definition]\nr = sub, obj\n[policy_definition]\np = sub, obj\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = r.sub == p.sub && globMatch(r.obj, p.obj)\n',
  );
  const enforcer = await peer.newEnforcer(model);
  await enforcer.addPolicies(patternsOf(count).map((pattern) => ['bench', pattern]));
  const paths = pathsOf(count);
  return (/** @type {number} */ times) =>
    usEach(times, paths.length, () => paths.filter((path) => enforcer.enforceSync('bench', path)).length);
}

/** @param {number} count */
async function cedar(count) {
  const peer = await loadPeer('@cedar-policy/cedar-wasm', 'nodejs');
  if (peer === null) return null;
  const staticPolicies = patternsOf(count)
    .map(
      (pattern) =>
        `permit(principal, action, resource) when { context.path like ${JSON.stringify(pattern)} };`,
    )
    .join('\n');
  const one = { type: 'Spoke', id: 'bench' };
  const paths = pathsOf(count);
  peer.preparsePolicySet('bench', { staticPolicies });
  const allowed = (/** @type {string} */ path) =>
    peer.statefulIsAuthorized({
      principal: one,
      action: { type: 'Action', id: 'fs_read' },
      resource: one,
      context: { path },
      preparsedPolicySetId: 'bench',
      entities: [],
    }).response?.decision === 'allow';
  return (/** @type {number} */ times) => usEach(times, paths.length, () => paths.filter(allowed).length);
}

/** @param {import('./support/figure.mjs').Options} options */
export async function measure({ quick, rounds, peers }) {
  const [one, hundred, tenThousand] = await Promise.all([decider(1), decider(100), decider(10_000)]);
  const looped = await loop(100);
  const others = quick || !peers ? {} : { casbin: await casbin(100), Cedar: await cedar(100) };
  /** @type {Record<string, () => number>} */
  const ways = {
    one: () => one(200),
    hundred: () => hundred(200),
    tenThousand: () => tenThousand(200),
    looped: () => looped(100),
  };
  for (const [name, way] of Object.entries(others)) if (way !== null) ways[name] = () => way(2);
  const taken = await interleave(rounds, ways);
  const of = (/** @type {string} */ way) => taken[way] ?? [];
  const detail = (/** @type {string} */ way) => `${inUs(median(of('hundred')))} to ${inUs(median(of(way)))}`;
  return [
    atLeast(
      'decision with 100 rules, faster than a loop over minimatch',
      ratioOf(of('looped'), of('hundred')),
      2,
      detail('looped'),
    ),
    ...Object.keys(others)
      .filter((name) => name in taken)
      .map((name) =>
        atLeast(
          `decision with 100 rules, faster than ${name}`,
          ratioOf(of(name), of('hundred')),
          100,
          detail(name),
        ),
      ),
    atMost(
      'decision with 10,000 rules, to one with 100',
      ratioOf(of('tenThousand'), of('hundred')),
      3,
      `${inUs(median(of('tenThousand')))} to ${inUs(median(of('hundred')))}, with one rule ${inUs(median(of('one')))}`,
    ),
  ];
}

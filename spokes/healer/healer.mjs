import { backUp } from './backup.mjs';
import { detect } from './detect.mjs';
import { keep, learn, recall } from './knowledge.mjs';
import { makePlan, remedyKey } from './plan.mjs';
import { DEFAULTS, readSettings } from './settings.mjs';

/** @typedef {import('./plan.mjs').Step} Step */
/** @typedef {import('../runtime/api.mts').Facts} Facts */

/**
 * Looks at the system, plans, and does what a person agrees to. Without the rights for any of it, it reports and goes on.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @param {import('./attempt.mjs').Attempt} attempt
 * @param {{ readonly now: () => number, readonly wait: (ms: number) => Promise<void> }} clock
 */
export function createHealer(axium, attempt, clock) {
  let settings = DEFAULTS;
  /** @type {import('./knowledge.mjs').Knowledge | null} */
  let knowledge = null;
  /** @type {Facts | null} */
  let facts = null;
  /** @type {readonly import('./detect.mjs').Issue[]} */
  let issues = [];
  /** @type {ReadonlySet<string>} */
  let told = new Set();
  /** When what was asked for last, by issue and remedy. @type {Map<string, number>} */
  const asked = new Map();
  /** @type {Set<string>} */
  const busy = new Set();
  const counts = { tried: 0, helped: 0, refused: 0, needsAuth: 0 };

  /** Reads the settings and the facts anew, shows and tells what is wrong. Resolves with the seconds until the next look. */
  async function check() {
    await loadSettings();
    await look();
    await attempt('hud', () => axium.hud(issues.length === 0 ? '[heal:ok]' : `[heal:${issues.length}]`));
    const fresh = issues.filter(({ id }) => !told.has(id));
    told = new Set(issues.map(({ id }) => id));
    if (fresh.length > 0) await tell(fresh);
    if (settings.auto) for (const step of plan()) if (isDue(step)) void heal(step);
    return settings.check_seconds;
  }

  async function look() {
    const outcome = await attempt('facts', () => axium.facts());
    if (outcome.ok) facts = outcome.value;
    // What cannot be known just now is as it was.
    if (outcome.ok) issues = detect(outcome.value, settings, clock.now());
    if (knowledge === null) {
      const recalled = await attempt('recall', () => recall(axium));
      knowledge = recalled.ok ? recalled.value : null;
    }
  }

  async function loadSettings() {
    const outcome = await attempt('config', () => axium.config());
    if (!outcome.ok) return;
    const read = readSettings(outcome.value);
    settings = read.settings;
    for (const remark of read.remarks) console.error(`config: ${remark}`);
  }

  /** @param {readonly import('./detect.mjs').Issue[]} fresh */
  async function tell(fresh) {
    const body = `${fresh.map(({ text }) => text).join('\n')}\nRun: axium healer plan`.slice(0, 4000);
    const title = fresh.length === 1 ? 'Something is wrong' : `${fresh.length} things are wrong`;
    await attempt('notify', () => axium.notify({ title, body, level: 'warning' }));
  }

  function plan() {
    return makePlan(issues, knowledge ?? {}, {
      canRollBack: typeof facts?.generations?.previous === 'number',
      hasGovernors: (facts?.cpu_governors.length ?? 0) > 0,
    });
  }

  /** What was asked for lately is not asked for again by itself. @param {Step} step */
  function isDue(step) {
    if (step.remedy === null || busy.has(step.issue)) return false;
    const last = asked.get(remedyKey(step, step.remedy));
    return last === undefined || clock.now() - last >= settings.retry_seconds * 1000;
  }

  /**
   * Asks for the remedy of a step, which a person has to approve, and learns whether it helped. Resolves with one line on
   * what came of it.
   *
   * @param {Step} step
   * @returns {Promise<string>}
   */
  async function heal(step) {
    const { issue, remedy } = step;
    if (remedy === null) return `${issue}: nothing that this could do`;
    if (busy.has(issue)) return `${issue}: it is being asked for already`;
    busy.add(issue);
    asked.set(remedyKey(step, remedy), clock.now());
    try {
      const before = facts;
      if (before !== null) await attempt('backup', () => backUp(axium, step, before, clock.now()));
      const outcome = await attempt(remedy.action, () => axium.privileged(remedy.action, remedy.params));
      if (!outcome.ok) {
        counts.refused += 1;
        return `${issue}: ${remedy.action}: ${outcome.error}`;
      }
      if (outcome.value.needsAuth) {
        const { suggestion } = outcome.value;
        counts.needsAuth += 1;
        await attempt('notify', () => axium.notify({ title: 'A person has to do it', body: suggestion }));
        return `${issue}: ${suggestion}`;
      }
      return `${issue}: ${remedy.action}: ${(await learnFrom(step, outcome.value.success)) ? 'it helped' : 'it did not help'}`;
    } finally {
      busy.delete(issue);
    }
  }

  /** Waits, looks again, and keeps whether the issue is gone. @param {Step} step @param {boolean} succeeded */
  async function learnFrom(step, succeeded) {
    if (succeeded) await clock.wait(settings.settle_seconds * 1000);
    await look();
    const helped = succeeded && !issues.some(({ id }) => id === step.issue);
    counts.tried += 1;
    counts.helped += helped ? 1 : 0;
    const { remedy } = step;
    if (remedy !== null) knowledge = learn(knowledge ?? {}, remedyKey(step, remedy), helped, clock.now());
    const learnt = knowledge;
    if (learnt !== null) await attempt('remember', () => keep(axium, learnt));
    return helped;
  }

  return {
    check,
    look,
    plan,
    heal,
    state: () => ({ facts, issues, counts, knowledge: knowledge ?? {} }),
  };
}

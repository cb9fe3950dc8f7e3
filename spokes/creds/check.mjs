import { look } from './look.mjs';
import { emptyMemory, keep, recall } from './memory.mjs';
import { DEFAULTS, readSettings } from './settings.mjs';
import { noticeOf, segmentOf } from './state.mjs';

/** @typedef {import('./memory.mjs').Memory} Memory */

/**
 * Makes the check that this spoke repeats. Each one reads its settings and the state of the profile anew, shows it, and
 * tells and asks what has not been told and asked yet. It resolves with the seconds until the next.
 *
 * @param {import('../runtime/api.mts').Axium} axium
 * @param {import('./attempt.mjs').Attempt} attempt
 * @returns {(now: number) => Promise<number>}
 */
export function createCheck(axium, attempt) {
  /** @type {Memory | null} */
  let memory = null;
  let settings = DEFAULTS;
  let lastRemark = '';
  return async (now) => {
    const { profile, autoRefresh, checkSeconds } = await loadSettings();
    const state = await look(axium, attempt, profile, now);
    await attempt('hud', () => axium.hud(segmentOf(state)));
    if (state.validity === 'unknown') return checkSeconds;
    memory ??= await remembered();
    const before = memory?.profile === profile ? memory : emptyMemory(profile);
    const validity = (await tell(noticeOf(state, before.validity, profile)))
      ? state.validity
      : before.validity;
    const due = autoRefresh && state.validity === 'expired' && state.expires !== before.refreshedFor;
    if (due) await attempt('refresh', () => axium.exec(['aws', 'sso', 'login', '--profile', profile]));
    const after = { profile, validity, refreshedFor: due ? state.expires : before.refreshedFor };
    memory = after;
    if (JSON.stringify(after) !== JSON.stringify(before)) await attempt('remember', () => keep(axium, after));
    return checkSeconds;
  };

  /** What cannot be read just now is as it was; what may not be read counts as not said. */
  async function loadSettings() {
    const outcome = await attempt('config', () => axium.config());
    if (outcome.ok) {
      const read = readSettings(outcome.value);
      const remark = read.remarks.join('; ');
      if (remark !== '' && remark !== lastRemark) console.error(`config: ${remark}`);
      lastRemark = remark;
      settings = read.settings;
    } else if (outcome.code === 'denied') settings = DEFAULTS;
    return settings;
  }

  async function remembered() {
    const outcome = await attempt('recall', () => recall(axium));
    return outcome.ok ? outcome.value : null;
  }

  /**
   * True when there is nothing left to tell. A user who turned notifications off is not asked again until there is
   * other news; one that could not be queued just now is told next time.
   *
   * @param {import('../runtime/api.mts').NoticeText | null} notice
   */
  async function tell(notice) {
    if (notice === null) return true;
    const outcome = await attempt('notify', () => axium.notify(notice));
    return outcome.ok || outcome.code === 'denied';
  }
}

// A process started ahead, as the daemon keeps one, with everything from taking it on.
import { setTimeout as pause } from 'node:timers/promises';
import { built } from './figure.mjs';
import { untilReady } from './sandboxes.mjs';

/**
 * Milliseconds until a spoke is ready in the process that was started ahead for it; then the next one is waited for.
 * @param {any} sandbox @param {string} directory @param {string} spoke
 */
export async function keepWarm(sandbox, directory, spoke) {
  const { nodePowers } = await built('node-powers');
  const { WarmStart } = await built('warm-start');
  const { fingerprintTree } = await built('registry/spoke-tree');
  const powers = nodePowers(process, { info: () => {}, warn: () => {}, error: () => {} });
  const warm = new WarmStart({ powers, sandbox, directory, isOn: () => true });
  const loaded = {
    manifest: { runtime: 'node' },
    directory: spoke,
    module: 'main.mjs',
    fingerprint: await fingerprintTree(powers.files, spoke),
  };
  const admits = async () => true;
  // Nothing is started ahead before somebody could have had it.
  void warm.take(loaded, sandbox, admits);
  warm.configRead();
  return {
    stop: () => warm.stop(),
    async start() {
      while (warm.status().state !== 'ready') await pause(50);
      const began = performance.now();
      warm.spokeBegins();
      const taken = await warm.take(loaded, sandbox, admits);
      if (taken === null) throw new Error('the process that was started ahead was not taken');
      const { ms } = await untilReady(taken, began);
      warm.spokeSettled();
      return ms;
    },
  };
}

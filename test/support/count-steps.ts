import { type Profiler, Session } from 'node:inspector/promises';

/**
 * Counts how often the blocks of the code in question run: a measure of work that is the same on every machine. Only
 * code that is loaded after this was made is counted, so import what is to be measured afterwards.
 */
export async function createStepCounter(isCounted: (url: string) => boolean) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const take = async () => (await session.post('Profiler.takePreciseCoverage')).result;
  return {
    async count(work: () => void): Promise<number> {
      await take();
      work();
      return stepsOf((await take()).filter(({ url }) => isCounted(url)));
    },
    close: () => session.disconnect(),
  };
}

function stepsOf(scripts: readonly Profiler.ScriptCoverage[]): number {
  const blocks = scripts.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges));
  return blocks.reduce((steps, { count }) => steps + count, 0);
}

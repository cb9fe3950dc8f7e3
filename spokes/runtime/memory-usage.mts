import { getHeapStatistics } from 'node:v8';

/** Peak memory of this process in KiB, as getrusage(2) tells it. */
export type PeakMemory = () => number;

/**
 * What `process.memoryUsage()` says where there is no /proc to read it from: the heap as V8 knows it, and as resident set
 * the highest that it has been, since the present one cannot be told from inside.
 */
export function memoryUsageWithoutProc(peakKibibytes: PeakMemory): NodeJS.MemoryUsage {
  const heap = getHeapStatistics();
  return {
    rss: peakKibibytes() * 1024,
    heapTotal: heap.total_heap_size,
    heapUsed: heap.used_heap_size,
    external: heap.external_memory,
    arrayBuffers: 0,
  };
}

/** Keeps `process.memoryUsage` and its `rss` working in a sandbox: libraries call them, and must not fail there. */
export function withFallback(real: NodeJS.MemoryUsageFn, peakKibibytes: PeakMemory): NodeJS.MemoryUsageFn {
  const attempt = <T,>(read: () => T, otherwise: () => T): T => {
    try {
      return read();
    } catch {
      return otherwise();
    }
  };
  const usage = () => attempt(real, () => memoryUsageWithoutProc(peakKibibytes));
  const rss = () => attempt(real.rss, () => peakKibibytes() * 1024);
  return Object.assign(usage, { rss });
}

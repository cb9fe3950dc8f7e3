import type { HeapInfo } from 'node:v8';

/** What can be told of a process from inside. */
export interface OwnMemory {
  /** The most that it had at once, in KiB, as getrusage(2) tells it. */
  readonly peakKibibytes: () => number;
  readonly heap: () => HeapInfo;
}

/**
 * What `process.memoryUsage()` says where there is no /proc to read it from: the heap as V8 knows it, and as resident set
 * the highest that it has been, since the present one cannot be told from inside.
 */
export function memoryUsageWithoutProc({ peakKibibytes, heap: look }: OwnMemory): NodeJS.MemoryUsage {
  const heap = look();
  return {
    rss: peakKibibytes() * 1024,
    heapTotal: heap.total_heap_size,
    heapUsed: heap.used_heap_size,
    external: heap.external_memory,
    arrayBuffers: 0,
  };
}

/** Keeps `process.memoryUsage` and its `rss` working in a sandbox: libraries call them, and must not fail there. */
export function withFallback(real: NodeJS.MemoryUsageFn, own: OwnMemory): NodeJS.MemoryUsageFn {
  const attempt = <T,>(read: () => T, otherwise: () => T): T => {
    try {
      return read();
    } catch {
      return otherwise();
    }
  };
  const usage = () => attempt(real, () => memoryUsageWithoutProc(own));
  const rss = () => attempt(real.rss, () => own.peakKibibytes() * 1024);
  return Object.assign(usage, { rss });
}

/** Waits for a promise, but no longer than so many milliseconds: then it rejects with what `late` makes. */
export async function within<T>(ms: number, waited: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([waited, end]);
  } finally {
    clearTimeout(timer);
  }
}

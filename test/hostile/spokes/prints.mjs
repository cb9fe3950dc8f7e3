// Prints megabytes, on both streams.
const TEXT = `${'x'.repeat(100)}\n`.repeat(600);

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register() {
  const again = () => {
    process.stdout.write(TEXT);
    process.stderr.write(TEXT, () => setImmediate(again));
  };
  setTimeout(again, 200);
}

/** What is written of an entry before it has its place in the chain: its fields as JSON, without the braces around them. */
export function innerJson(entry: object): string {
  return JSON.stringify(entry).slice(1, -1);
}

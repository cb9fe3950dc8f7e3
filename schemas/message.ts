/** A message in the outer shape that every line must have: which request, which command. The rest is not checked yet. */
export interface Message {
  readonly id: number;
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
}

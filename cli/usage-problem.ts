/** What the words on the command line got wrong, as commander says it, and the command whose help explains it. */
export class UsageProblem extends Error {
  readonly helpOf: string;

  constructor(helpOf: string, message: string) {
    super(message);
    this.name = 'UsageProblem';
    this.helpOf = helpOf;
  }
}

/**
 * Why a request failed. A closed list with one sentence each: programs match on the code, people read the sentence.
 */
export const CODES = {
  denied: 'A rule, or the absence of one, forbids it.',
  invalid: 'The request does not have the documented shape.',
  invalid_file: 'A file that the daemon reads is not valid; the message names the place.',
  unknown_command: 'There is no such command.',
  identity: 'A request may only name the spoke whose channel it came on.',
  not_found: 'What was asked for does not exist.',
  exists: 'There is one already.',
  too_large: 'It is over a documented limit.',
  busy: 'Too much is under way; try again later.',
  quota: 'The space or count set aside for it is used up.',
  timeout: 'It took longer than it may.',
  failed: 'It was allowed and tried, and did not work.',
  unavailable: 'This host, or the daemon at this moment, cannot do it.',
  internal: 'A defect of Axium; the daemon log has the details.',
} as const;

export type Code = keyof typeof CODES;

import type { Code } from './codes.ts';

/** What the exit codes of every command, and of the daemon itself, mean. Scripts and service managers rely on them. */
export const EXIT = {
  done: 0,
  no: 1,
  notRunning: 3,
  usage: 64,
  badYaml: 65,
  unavailable: 69,
  internal: 70,
  busy: 75,
  denied: 77,
  configuration: 78,
} as const;

const BY_CODE: Readonly<Record<Code, number>> = {
  denied: EXIT.denied,
  identity: EXIT.denied,
  invalid: EXIT.usage,
  invalid_file: EXIT.configuration,
  unknown_command: EXIT.usage,
  too_large: EXIT.usage,
  not_found: EXIT.no,
  exists: EXIT.no,
  failed: EXIT.no,
  quota: EXIT.no,
  busy: EXIT.busy,
  timeout: EXIT.busy,
  unavailable: EXIT.unavailable,
  internal: EXIT.internal,
};

/** The exit code for a code that the daemon answered; one that is not known is a defect. */
export function exitCodeOf(code: string): number {
  return Object.hasOwn(BY_CODE, code) ? BY_CODE[code as Code] : EXIT.internal;
}

/** The exit code for what kept a daemon from starting: nobody has asked anything yet, so what is invalid is its setting. */
export function startExitCodeOf(code: string): number {
  return code === 'invalid' ? EXIT.configuration : exitCodeOf(code);
}

import { type Portal, plainTarget, type Subject } from './portal.ts';

export interface CommandOffers {
  readonly register: (subject: Subject, command: string, about: string) => void;
  readonly finish: (
    subject: Subject,
    call: number,
    result: { readonly code: number; readonly stdout: string; readonly stderr: string },
  ) => void;
}

/** Lets a spoke offer a command to people. */
export function commandRegisterPortal({ register }: CommandOffers): Portal<'command_register', null> {
  return {
    action: 'command',
    resource: ({ command }) => command,
    resolve: plainTarget,
    async perform(_resolved, { command, about }, subject) {
      register(subject, command, about);
      return {};
    },
  };
}

/** Takes what a spoke has made of a call of a person. */
export function commandDonePortal({ finish }: CommandOffers): Portal<'command_done', null> {
  return {
    action: 'command',
    resource: () => null,
    resolve: plainTarget,
    async perform(_resolved, { call, code, stdout, stderr }, subject) {
      finish(subject, call, { code, stdout, stderr });
      return {};
    },
  };
}

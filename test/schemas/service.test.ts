import { expect, test } from 'vitest';
import { serviceVariables, startedAsService } from '../../schemas/service.ts';

const SET = { NOTIFY_SOCKET: '/run/notify', INVOCATION_ID: 'a'.repeat(32), SYSTEMD_EXEC_PID: '7' };

test.each([
  ['what the service manager started', SET, true],
  ['the same before systemd 248', { ...SET, SYSTEMD_EXEC_PID: undefined }, true],
  ['a child of a service', { ...SET, SYSTEMD_EXEC_PID: '6' }, false],
  ['a shell in a terminal that is a service', { INVOCATION_ID: SET.INVOCATION_ID }, false],
  ['a service that is not waited for', { ...SET, NOTIFY_SOCKET: '' }, false],
  ['a process without any of it', {}, false],
])('%s is told from the environment and the process id', (_what, env, service) => {
  expect(startedAsService(env, 7)).toBe(service);
});

test('the variables of a service are named, and those that only look like them are not', () => {
  const env = {
    ...SET,
    WATCHDOG_USEC: '1',
    WATCHDOG_PID: '7',
    MY_NOTIFY_SOCKET: '',
    WATCHDOG: '',
    HOME: '/',
  };
  expect(serviceVariables(env)).toEqual([
    'NOTIFY_SOCKET',
    'INVOCATION_ID',
    'SYSTEMD_EXEC_PID',
    'WATCHDOG_USEC',
    'WATCHDOG_PID',
  ]);
});

import { describe, expect, it } from 'vitest';
import { homeOf, isStrict, placesFor, shortPath, spokesPath } from '../../schemas/places.ts';

const HOME = '/home/ada';

describe('everything lies', () => {
  it('under AXIUM_HOME where that is set, whatever else is', () => {
    const places = placesFor(
      { AXIUM_HOME: '/srv/axium/', XDG_CONFIG_HOME: '/x', XDG_RUNTIME_DIR: '/run/user/1' },
      HOME,
    );
    expect(places).toEqual({
      config: '/srv/axium/config',
      state: '/srv/axium/state',
      run: '/srv/axium/run',
      permissionsFile: '/srv/axium/config/permissions.yaml',
      configFile: '/srv/axium/config/config.yaml',
      consents: '/srv/axium/state/consents.json',
      drafts: '/srv/axium/state/drafts',
      editHistory: '/srv/axium/state/permissions.history.json',
      editLock: '/srv/axium/state/permissions.edit.lock',
      environmentsFile: '/srv/axium/config/envs.yaml',
      chosenEnvironment: '/srv/axium/state/environment.json',
      spokesDirectory: '/srv/axium/config/spokes',
      overridesDirectory: '/srv/axium/config/overrides',
      hud: '/srv/axium/run/hud',
      warm: '/srv/axium/run/warm',
      socket: '/srv/axium/run/axiumd.sock',
      lock: '/srv/axium/state/axiumd.lock',
      securityLog: '/srv/axium/state/security.log',
      auditLog: '/srv/axium/state/audit.jsonl',
      daemonLog: '/srv/axium/state/daemon.log',
      latestTime: '/srv/axium/state/latest-time.json',
      spokeLogs: '/srv/axium/state/spoke-logs',
      notifications: '/srv/axium/state/notifications.jsonl',
      storage: '/srv/axium/state/storage',
      lastGoodPermissions: '/srv/axium/state/permissions.last-good.json',
      grants: '/srv/axium/state/grants.json',
      unanswered: '/srv/axium/state/unanswered.json',
    });
  });

  it('in the XDG directories where those are set', () => {
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1000' };
    expect(placesFor(env, HOME)).toMatchObject({
      config: '/c/axium',
      state: '/s/axium',
      run: '/run/user/1000/axium',
    });
  });

  it('in the home directory otherwise, and never in /tmp', () => {
    const places = placesFor({}, HOME);
    expect(places).toMatchObject({
      config: '/home/ada/.config/axium',
      state: '/home/ada/.local/state/axium',
      run: '/home/ada/.local/state/axium/run',
    });
    expect(Object.values(places).filter((place) => !place.startsWith(`${HOME}/`))).toEqual([]);
  });

  it('where a variable is relative or empty as if it were not set', () => {
    const env = { AXIUM_HOME: 'x', XDG_CONFIG_HOME: 'y', XDG_STATE_HOME: '', XDG_RUNTIME_DIR: './z' };
    expect(placesFor(env, HOME)).toEqual(placesFor({}, HOME));
  });
});

describe('AXIUM_PERMS_STRICT', () => {
  it.each([undefined, '', '0', 'false', 'no'])('%j is off', (value) => {
    expect(isStrict({ AXIUM_PERMS_STRICT: value })).toBe(false);
  });

  it.each(['1', 'true', 'yes', 'on', 'off', '2', ' ', '00', 'nope'])('%j is on', (value) => {
    expect(isStrict({ AXIUM_PERMS_STRICT: value })).toBe(true);
  });
});

it('AXIUM_SPOKES_PATH names absolute directories, divided by colons', () => {
  expect(spokesPath({ AXIUM_SPOKES_PATH: '/a:/b c::d:./e:/f' })).toEqual(['/a', '/b c', '/f']);
  expect(spokesPath({})).toEqual([]);
});

it('a path is shown with ~ for the home directory, and for nothing that only begins like it', () => {
  const paths = ['/home/ada', '/home/ada/x', '/home/adam/x', '/srv/home/ada'];
  expect(paths.map((path) => shortPath(path, HOME))).toEqual(['~', '~/x', '/home/adam/x', '/srv/home/ada']);
});

describe('the home directory', () => {
  const unknown = () => {
    throw new Error('the system does not know this user');
  };

  it('is HOME, of a user too that the system does not know', () => {
    expect(homeOf({ HOME: '/home/ada' }, unknown)).toBe('/home/ada');
  });

  it.each([undefined, '', 'relative'])('is what the system says where HOME is %s', (value) => {
    expect(homeOf({ HOME: value }, () => '/home/other')).toBe('/home/other');
  });
});

import { expect, test } from 'vitest';
import { commandEnvironment, DEFAULT_PATH } from '../../core/jobs/environment.ts';

const PLACE = { path: ['/usr/bin', '/bin'], names: [], home: '/home/ada' };

test('a command gets of the environment what is on the list, and nothing else', () => {
  const env = {
    HOME: '/elsewhere',
    PATH: '/tmp/evil',
    USER: 'ada',
    LOGNAME: 'ada',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    LC_CTYPE: 'C',
    TERM: 'dumb',
    TZ: 'UTC',
    AWS_SECRET_ACCESS_KEY: 'secret',
    SSH_AUTH_SOCK: '/tmp/agent',
    DISPLAY: ':0',
  };
  expect(commandEnvironment(env, PLACE)).toEqual({
    HOME: '/home/ada',
    PATH: '/usr/bin:/bin',
    USER: 'ada',
    LOGNAME: 'ada',
    LANG: 'C.UTF-8',
    LC_ALL: 'C',
    LC_CTYPE: 'C',
    TERM: 'dumb',
    TZ: 'UTC',
  });
});

test('what is not set is not there, not even empty', () => {
  expect(commandEnvironment({ USER: undefined, TERM: '' }, PLACE)).toEqual({
    HOME: '/home/ada',
    PATH: '/usr/bin:/bin',
    TERM: '',
  });
});

test('a variable that the configuration names is handed on', () => {
  const env = { AWS_PROFILE: 'work', SSH_AUTH_SOCK: '/run/agent', OTHER: 'x' };
  const names = ['AWS_PROFILE', 'SSH_AUTH_SOCK', 'UNSET'];
  expect(commandEnvironment(env, { ...PLACE, names })).toMatchObject({
    AWS_PROFILE: 'work',
    SSH_AUTH_SOCK: '/run/agent',
  });
  expect(Object.keys(commandEnvironment(env, { ...PLACE, names }))).toHaveLength(4);
});

test('PATH and HOME are what the daemon says, though the configuration names them', () => {
  const env = { PATH: '/tmp/evil', HOME: '/tmp/evil' };
  expect(commandEnvironment(env, { ...PLACE, names: ['PATH', 'HOME'] })).toEqual({
    HOME: '/home/ada',
    PATH: '/usr/bin:/bin',
  });
});

test.each([
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'LD_AUDIT',
  'DYLD_INSERT_LIBRARIES',
  'GCONV_PATH',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'BASH_ENV',
  'ENV',
  'IFS',
  'SHELLOPTS',
  'PS4',
  'PROMPT_COMMAND',
  'ZDOTDIR',
  'GIT_SSH_COMMAND',
  'GIT_CONFIG_GLOBAL',
  'GIT_EXTERNAL_DIFF',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PERL5LIB',
  'PERL5OPT',
  'RUBYOPT',
  'LUA_INIT',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'CLASSPATH',
  'DOTNET_STARTUP_HOOKS',
  'OPENSSL_CONF',
  'npm_config_script_shell',
  'EDITOR',
  'VISUAL',
  'PAGER',
  'LESSOPEN',
  'AXIUM_HOME',
  'AXIUM_PERMS_STRICT',
])('%s makes a program run other code, so that it is not handed on even where it is named', (name) => {
  const environment = commandEnvironment(
    { [name]: 'x', USER: 'ada' },
    { ...PLACE, names: [name, 'AWS_PROFILE'] },
  );
  expect(environment).toEqual({ HOME: '/home/ada', PATH: '/usr/bin:/bin', USER: 'ada' });
});

test('a name that every object has is no variable', () => {
  const names = ['constructor', 'toString', '__proto__'];
  expect(Object.keys(commandEnvironment({}, { ...PLACE, names }))).toEqual(['PATH', 'HOME']);
});

test('programs are looked up in directories that only root can write in', () => {
  expect(DEFAULT_PATH.every((directory) => /^\/(?:usr\/(?:local\/)?)?s?bin$/.test(directory))).toBe(true);
});

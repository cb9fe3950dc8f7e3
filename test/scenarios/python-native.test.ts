import { describeAttack } from './support/attack.ts';

describeAttack('a spoke in Python gets no further by native code', {
  runtime: 'python',
  code: `
import ctypes, os
def attack(target):
    libc = ctypes.CDLL(None, use_errno=True)
    AF_UNIX, SOCK_STREAM = 1, 1
    descriptor = libc.socket(AF_UNIX, SOCK_STREAM, 0)
    if descriptor < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    os.close(descriptor)
    return "a socket"
`,
  gets: 'a socket',
  refused: /^PermissionError /,
});

import { expect, test } from 'vitest';
import { describeEnd } from '../../core/supervisor/describe-end.ts';

const MEMORY = ', as happens where it gets no more memory (sandbox.memory in config.yaml)';

test.each([
  [0, null, 'it ended with exit code 0'],
  [1, null, 'it ended with exit code 1'],
  [null, null, 'it ended with exit code null'],
  [137, null, 'it ended with exit code 137'],
  [null, 'SIGKILL', 'it was ended by SIGKILL'],
  [null, 'SIGTERM', 'it was ended by SIGTERM'],
  [134, null, `it ended with exit code 134${MEMORY}`],
  [139, null, `it ended with exit code 139${MEMORY}`],
  [133, null, `it ended with exit code 133${MEMORY}`],
  [null, 'SIGABRT', `it was ended by SIGABRT${MEMORY}`],
  [null, 'SIGSEGV', `it was ended by SIGSEGV${MEMORY}`],
])('exit code %s and signal %s', (code, signal, told) => {
  expect(describeEnd({ code, signal })).toBe(told);
});

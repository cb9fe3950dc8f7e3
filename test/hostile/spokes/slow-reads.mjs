// 64 reads of 8 MiB under way at all times, in lines and as bytes that follow one.
import { keepAsking } from './raw.mjs';

/** @type {import('../../../spokes/runtime/api.mts').Register} */
export function register(axium) {
  keepAsking(axium, 64, (at) => ({
    cmd: 'fs_read',
    path: '~/big',
    encoding: at % 2 === 0 ? 'base64' : 'bytes',
  }));
}

import { hasControl } from '../../schemas/path-text.ts';
import { AxiumError } from '../errors.ts';

/**
 * A path as a spoke names it, made absolute: `~` is the home directory of the daemon's user, doubled slashes and single
 * dots are dropped. Two dots are refused, since what they mean depends on links nobody has looked at yet.
 */
export function askedPath(path: string, home: string): string {
  if (path === '') throw new AxiumError('invalid', 'path: expected a path, found an empty text');
  if (hasControl(path)) throw new AxiumError('invalid', 'path: expected no control characters');
  const absolute = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  if (!absolute.startsWith('/'))
    throw new AxiumError('invalid', "path: expected an absolute path or one that begins with '~/'");
  const parts = absolute.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new AxiumError('invalid', "path: expected no '..'; name the file itself");
  return `/${parts.join('/')}`;
}

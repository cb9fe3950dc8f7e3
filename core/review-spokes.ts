import type { Review } from '../schemas/consent.ts';
import type { ConsentBook } from './consents.ts';
import { AxiumError } from './errors.ts';
import type { Permissions } from './permissions.ts';
import type { LoadedManifest } from './registry/load-manifest.ts';
import type { SpokeBook } from './registry/spoke-book.ts';

/** What a person sees of what a spoke asks for, and their yes to it. Both throw `not_found`. */
export interface Reviews {
  readonly show: (spoke: string) => Promise<Review>;
  /** Throws `failed` where the spoke is no longer what was shown. */
  readonly accept: (spoke: string, offer: string) => Promise<void>;
}

export function reviewSpokes(
  book: Pick<SpokeBook, 'toRun'>,
  consents: Pick<ConsentBook, 'review' | 'accept'>,
  permissions: Pick<Permissions, 'noticeSpokes'>,
): Reviews {
  /** As it lies on disk, be it what runs or what is to replace that. */
  const newest = (name: string): LoadedManifest => {
    const found = book.toRun(name);
    if (found) return found;
    throw new AxiumError('not_found', `spoke '${name}' not found; 'axium spoke list' shows those there are`);
  };
  return {
    show: async (name) => consents.review(newest(name)),
    async accept(name, offer) {
      await consents.accept(newest(name), offer);
      permissions.noticeSpokes();
    },
  };
}

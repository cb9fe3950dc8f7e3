import { isWithin } from '../../schemas/path-text.ts';
import type { Scope } from '../../schemas/scope.ts';

type Link = Scope['links'][number];

/** The links that lead to something bound and take no place that is needed: none below another, none in the way. */
export function usableLinks(links: readonly Link[], binds: Scope['binds']): readonly Link[] {
  const leading = links.filter(
    ({ path, to }) =>
      path !== to &&
      binds.some((bind) => isWithin(bind.path, to) || (bind.whole && isWithin(to, bind.path))) &&
      !binds.some((bind) => isWithin(bind.path, path) || (bind.whole && isWithin(path, bind.path))),
  );
  const byPath = new Map(leading.map((link) => [link.path, link]));
  return [...byPath.values()].filter(
    ({ path }) => ![...byPath.keys()].some((other) => other !== path && isWithin(path, other)),
  );
}

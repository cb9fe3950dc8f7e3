import type { YamlValue } from './yaml-write.ts';

export type YamlPath = readonly (string | number)[];

/** One change to what a file says. What becomes empty by a removal is removed as well, all the way up. */
export type YamlEdit =
  | { readonly do: 'add'; readonly path: readonly string[]; readonly item: YamlValue }
  | { readonly do: 'set'; readonly path: YamlPath; readonly value: YamlValue }
  | { readonly do: 'remove'; readonly path: YamlPath };

/** The file is written in a form in which this cannot be changed without touching more than was asked for. */
export class NotSurgical extends Error {}

import type { SpokePermissions } from './control-shown.ts';
import type { RuntimeName } from './manifest.ts';

/** A spoke as its files declare it, before it is anybody's. */
export interface SpokeLook {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly runtime: RuntimeName;
  readonly entrypoint: string;
  /** What it asks for. */
  readonly permissions: SpokePermissions;
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
}

/** What the tools for authors are told of a spoke's directory or archive. */
export interface AuthorReplies {
  /** `problems` are the places where the code would not run; with any of them nothing else was done. */
  readonly look: { readonly ok: true; readonly spoke: SpokeLook; readonly problems: readonly string[] };
  readonly stage: AuthorReplies['look'] & { readonly changed: boolean };
  readonly pack: AuthorReplies['look'] & { readonly archive: string; readonly sha256: string };
  /** `sha256` is that of the archive, and null for a directory. */
  readonly unpack: AuthorReplies['look'] & { readonly sha256: string | null };
  readonly exchange: { readonly ok: true };
}

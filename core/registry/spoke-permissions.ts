import type { SpokePermissions } from '../../schemas/control-shown.ts';
import { formatOrigin } from '../../schemas/decision.ts';
import { describePolicy } from '../policy/describe.ts';
import type { Remark } from '../policy/layer.ts';
import type { Policy } from '../policy/policy.ts';
import type { LoadedManifest } from './load-manifest.ts';

export interface PermissionsInput {
  readonly spoke: LoadedManifest;
  readonly policy: Policy;
  readonly level: string;
  readonly permissionsFile: string;
  /** Remarks on permissions.yaml as a whole, of which those on this spoke's rules are told. */
  readonly remarks: readonly Remark[];
}

/** What one spoke may do, as `perms list` and `perms show` tell it. */
export function spokePermissions({
  spoke,
  policy,
  level,
  permissionsFile,
  remarks,
}: PermissionsInput): SpokePermissions {
  const { name, version } = spoke.manifest;
  return {
    name,
    version,
    effective: describePolicy(policy),
    override_source: policy.overridden ? permissionsFile : null,
    level,
    warnings: [...spoke.warnings, ...remarks].map(formatRemark),
  };
}

export function formatRemark({ origin, message }: Remark): string {
  return `${formatOrigin(origin)}: ${message}`;
}

import type { ActionTable } from '../../schemas/action-table.ts';

/** What the unit withholds from all that it is made for, and one who rebuilds the system needs. */
const UNCONFINED = [
  'CapabilityBoundingSet=~',
  'NoNewPrivileges=no',
  'ProtectSystem=no',
  'ProtectHome=no',
  'PrivateTmp=no',
  'PrivateDevices=no',
  'PrivateNetwork=no',
  'PrivateMounts=no',
  'PrivateIPC=no',
  'ProtectKernelTunables=no',
  'ProtectKernelModules=no',
  'ProtectKernelLogs=no',
  'ProtectControlGroups=no',
  'ProtectClock=no',
  'ProtectHostname=no',
  'RestrictAddressFamilies=',
  'RestrictNamespaces=no',
  'RestrictRealtime=no',
  'RestrictSUIDSGID=no',
  'LockPersonality=no',
  'DevicePolicy=auto',
  'IPAddressDeny=',
  'SystemCallArchitectures=',
  'SystemCallFilter=',
];

/**
 * The drop-in that lets the executor's unit do what the enabled actions of a table need, and no more; null where they need
 * nothing. Pure.
 */
export function dropInFor({ actions }: ActionTable): string | null {
  const enabled = Object.entries(actions).filter(([, { enabled }]) => enabled);
  const needs = enabled.map(([, { needs }]) => needs);
  if (needs.some(({ unconfined }) => unconfined)) return text(enabled, UNCONFINED);
  const all = (list: 'capabilities' | 'families' | 'writes') =>
    [...new Set(needs.flatMap((need) => need[list]))].sort();
  const [capabilities, families, writes] = [all('capabilities'), all('families'), all('writes')];
  const lines = [
    ...(capabilities.length > 0 ? [`CapabilityBoundingSet=${capabilities.join(' ')}`] : []),
    ...(capabilities.includes('CAP_SYS_NICE') ? ['SystemCallFilter=setpriority ioprio_set'] : []),
    ...(capabilities.includes('CAP_NET_ADMIN') || families.length > 0 ? ['PrivateNetwork=no'] : []),
    ...(families.length > 0 ? [`RestrictAddressFamilies=${families.join(' ')}`] : []),
    ...(families.some((family) => family.startsWith('AF_INET')) ? ['IPAddressDeny='] : []),
    ...writes.map((path) => `ReadWritePaths=${path}`),
    ...(needs.some(({ tunables }) => tunables)
      ? ['ProtectKernelTunables=no', 'ReadWritePaths=/sys -/proc/sys']
      : []),
  ];
  return lines.length === 0 ? null : text(enabled, lines);
}

function text(enabled: readonly (readonly [string, unknown])[], lines: readonly string[]): string {
  return `# Written by 'axium executor install' for what /etc/axium/actions.yaml enables: ${enabled
    .map(([name]) => name)
    .join(', ')}.

[Service]
${lines.join('\n')}
`;
}

import type { ActionTable } from '../../schemas/action-table.ts';
import { polkitAction } from '../executor/consent.ts';

/**
 * What polkit is told of the actions of a table that want its consent: who is at the seat of the machine gives an
 * administrator's password, and nobody else may. Null where no enabled action asks for it. Pure.
 */
export function policyFor({ actions }: ActionTable): string | null {
  const asked = Object.entries(actions).filter(([, { enabled, polkit }]) => enabled && polkit);
  if (asked.length === 0) return null;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<!-- Written by 'axium executor install' for the actions of /etc/axium/actions.yaml with polkit: true. -->
<policyconfig>
${asked.map(([name, { description }]) => actionText(name, description)).join('')}</policyconfig>
`;
}

function actionText(name: string, description: string): string {
  return `  <action id="${polkitAction(name)}">
    <description>${escaped(description)}</description>
    <message>Authentication is required: ${escaped(description)}</message>
    <defaults>
      <allow_any>no</allow_any>
      <allow_inactive>no</allow_inactive>
      <allow_active>auth_admin</allow_active>
    </defaults>
  </action>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

import type { DoctorReport, LevelReport } from '../schemas/doctor.ts';
import { visibleText } from '../schemas/visible-text.ts';
import { indented } from './plain-text.ts';

const COMMANDS = {
  namespace: 'each in a pid namespace of its own; all its processes end with it',
  cgroup: 'each in a cgroup of its own; a process that sets out to leave it is not ended with the job',
  group: 'each in a process group; a process that leaves it is not ended with the job',
} as const;

/** How well spokes can be confined here, by trying: each level, what it leaves open, and what would mend it. */
export function doctorText({ levels, best, commands, scoped, node, policy }: DoctorReport): string {
  const spokes = `spokes    run at level ${best}, Node ${visibleText(node)}\n`;
  const profile = scoped
    ? 'scoped    exec_profile: scoped can be had'
    : 'scoped    exec_profile: scoped is not to be had here: it needs bubblewrap and user namespaces';
  return [
    spokes,
    `commands  ${COMMANDS[commands]}\n`,
    `${profile}\n`,
    policyText(policy),
    ...levels.map(levelText),
  ].join('');
}

const STANDING = {
  none: 'there is none',
  'in force': 'in force',
  ignored: "ignored, since it is not root's alone",
  invalid: 'not valid, so nothing is allowed beyond the HUD',
} as const;

function policyText({ file, standing, problems }: DoctorReport['policy']): string {
  return `policy    ${visibleText(file)}: ${STANDING[standing]}\n${problems.map(indented).join('')}`;
}

function levelText({ level, holds, open, problem, hint }: LevelReport): string {
  const verdict = level === 'none' ? 'confines nothing' : holds ? 'holds' : 'not to be had';
  const lines = [
    ...(problem === null ? [] : [`why   ${problem}`]),
    ...(hint === null ? [] : [`fix   ${hint}`]),
    ...open.map((what) => `open  ${what}`),
  ];
  return `\n${level}: ${verdict}\n${lines.map((line) => `  ${visibleText(line)}\n`).join('')}`;
}

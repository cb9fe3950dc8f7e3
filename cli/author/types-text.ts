import type { SpokeLook } from '../../schemas/author.ts';

/** Calls of the API by the permission that they need; a dot leads into a part of it. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  exec: ['exec'],
  notify: ['notify'],
  facts: ['facts'],
  privileged: ['privileged'],
  fs_read: ['fs.read', 'fs.list', 'fs.stat', 'fs.watch', 'config'],
  fs_write: ['fs.write', 'fs.append'],
};

/** What to write into `permissions` so that a call compiles. */
const ENTRY: Readonly<Record<string, string>> = {
  exec: 'exec: [...]',
  notify: 'notify: true',
  facts: 'facts: true',
  privileged: 'privileged: [...]',
  fs_read: 'fs_read: [...]',
  fs_write: 'fs_write: [...]',
};

/** A declaration of the API in which every call that the manifest does not declare cannot be called. */
export function typesText({ name, permissions: { effective } }: SpokeLook): string {
  const { exec, notify, facts, privileged, fs_read, fs_write } = effective;
  const declared: Readonly<Record<string, boolean>> = {
    exec: exec.value !== false,
    notify: notify.value,
    facts: facts.value,
    privileged: privileged.length > 0,
    fs_read: fs_read.length > 0,
    fs_write: fs_write.length > 0,
  };
  const missing = Object.entries(CALLS)
    .filter(([permission]) => !declared[permission])
    .flatMap(([permission, calls]) => calls.map((call) => ({ call, entry: ENTRY[permission] ?? '' })));
  const own = missing.filter(({ call }) => !call.startsWith('fs.'));
  const ofFiles = missing.flatMap(({ call, entry }) =>
    call.startsWith('fs.') ? [{ call: call.slice('fs.'.length), entry }] : [],
  );
  const lines = own.map(memberText);
  if (ofFiles.length > 0)
    lines.push(
      `  readonly fs: Omit<Files, ${union(ofFiles)}> & {\n${ofFiles.map((one) => `  ${memberText(one)}`).join('')}  };\n`,
    );
  if (declared.privileged) lines.push(privilegedText(privileged.map(({ pattern }) => pattern)));
  const replaced = [
    ...own.map(({ call }) => call),
    ...(ofFiles.length > 0 ? ['fs'] : []),
    ...(declared.privileged ? ['privileged'] : []),
  ];
  const imports = ['Axium as Everything', 'Events', ...(ofFiles.length > 0 ? ['Files'] : [])];
  return `// Written by 'axium spoke types' from the spoke.yaml of ${name}. Run it again once that declares something else.
import type { ${imports.join(', ')} } from 'axium/spoke';

/** What cannot be called: the entry is not in the permissions of spoke.yaml. */
interface Undeclared<Entry extends string> {
  readonly missing: Entry;
}

/** What ${name} can ask, by what its spoke.yaml declares. */
export type Axium = Omit<Everything, ${replaced.map((call) => `'${call}'`).join(' | ') || 'never'}> & {
${lines.join('')}};

export type Register = (axium: Axium, events: Events) => void | Promise<void>;
`;
}

interface Missing {
  readonly call: string;
  readonly entry: string;
}

function memberText({ call, entry }: Missing): string {
  return `  readonly ${call}: Undeclared<'${entry}'>;\n`;
}

function union(missing: readonly Missing[]): string {
  return missing.map(({ call }) => `'${call}'`).join(' | ');
}

function privilegedText(actions: readonly string[]): string {
  const names = actions.map((action) => JSON.stringify(action)).join(' | ');
  return `  readonly privileged: (
    action: ${names},
    ...more: Parameters<Everything['privileged']> extends [unknown, ...infer More] ? More : never
  ) => ReturnType<Everything['privileged']>;
`;
}

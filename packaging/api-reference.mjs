// Makes the reference of what a spoke is given, out of the types that authors import and what stands there about each.

/** @typedef {{ readonly name: string, readonly signature: string, readonly about: string, readonly examples: readonly string[] }} Member */
/** @typedef {Member & { readonly members: readonly Member[] }} Declaration */

/**
 * Every exported type of a declaration file in its order, with its members.
 *
 * @param {string} source
 * @returns {readonly Declaration[]}
 */
export function declarationsIn(source) {
  /** @type {Declaration[]} */
  const found = [];
  /** @type {Member[] | null} */
  let members = null;
  let comment = '';
  /** @type {string[]} */
  let open = [];
  for (const line of source.split('\n')) {
    if (
      open.length === 0 &&
      (/^\s*\/\*\*/.test(line) || (comment.startsWith('/**') && !comment.includes('*/')))
    ) {
      comment = /^\s*\/\*\*/.test(line) ? line.trim() : `${comment}\n${line.trim()}`;
      continue;
    }
    if (line.trim() === '' && open.length === 0) continue;
    if (members !== null && line === '}') {
      members = null;
      continue;
    }
    const isStart = members !== null || /^export (?:type|interface) \w/.test(line);
    if (open.length === 0 && !isStart) {
      comment = '';
      continue;
    }
    open.push(line);
    const text = open.join('\n');
    const begins = open.length === 1 && /^export interface \w+(?:<.*>)? (?:extends .* )?\{$/.test(line);
    if (!begins && (depthOf(text) > 0 || !text.trimEnd().endsWith(';'))) continue;
    const entry = { ...describe(comment), ...named(text) };
    comment = '';
    open = [];
    if (begins) {
      members = [];
      found.push({ ...entry, members });
    } else if (members !== null) members.push(entry);
    else found.push({ ...entry, members: [] });
  }
  return found;
}

/** @param {string} source */
export function apiReference(source) {
  const sections = declarationsIn(source).map(
    ({ members, ...declaration }) =>
      `## ${declaration.name}\n\n${textOf(declaration, members.length === 0)}${members
        .map((member) => `### ${declaration.name}${member.name}\n\n${textOf(member, true)}`)
        .join('')}`,
  );
  return `${HEAD}\n${sections.join('')}`.trimEnd().concat('\n');
}

const HEAD = `# What a spoke is given

Made from [spokes/runtime/api.mts](../spokes/runtime/api.mts) by \`npm run reference\`. A spoke exports a
[Register](#register), which is called with an [Axium](#axium) and its [Events](#events). The codes of failures are
[those of the wire](wire.md#codes); \`AxiumFailure\` is an Error with a \`code\` and, where one would allow what was
denied, the \`entry\` to write into a \`permissions\` section.
`;

/** @param {Omit<Member, 'name'>} described @param {boolean} withSignature */
function textOf({ signature, about, examples }, withSignature) {
  const blocks = examples.map((example) => `\`\`\`js\n${example}\n\`\`\`\n\n`);
  const shown = withSignature ? `\`\`\`ts\n${signature}\n\`\`\`\n\n` : '';
  return `${shown}${about === '' ? '' : `${about}\n\n`}${blocks.join('')}`;
}

/** @param {string} text */
function named(text) {
  const signature = outdented(text.replace(/^(\s*)readonly /, '$1').trimEnd());
  const [, exported] = /^export (?:type|interface) (\w+)/.exec(signature) ?? [];
  const [, member] = /^(\w+)\??:/.exec(signature) ?? [];
  return { name: exported ?? (member === undefined ? '()' : `.${member}`), signature };
}

/** @param {string} comment */
function describe(comment) {
  const lines = comment
    .replace(/^\/\*\*\s?/, '')
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\* ?/, ''));
  const [about = '', ...examples] = lines.join('\n').split(/^\s*@example\s*/m);
  return {
    about: about.trim().replace(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`'),
    examples: examples.map((example) =>
      example
        .trim()
        .replace(/^```js\n|\n```$/g, '')
        .replace(/^`([^`\n]*)`$/, '$1')
        .replaceAll('*\\/', '*/'),
    ),
  };
}

/** @param {string} text */
function outdented(text) {
  const indent = /^\s*/.exec(text)?.[0] ?? '';
  return text
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n');
}

/** @param {string} text how many brackets are open at its end */
function depthOf(text) {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/=>/g, '');
  return (plain.match(/[({[<]/g)?.length ?? 0) - (plain.match(/[)}\]>]/g)?.length ?? 0);
}

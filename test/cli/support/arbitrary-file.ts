import fc from 'fast-check';

const word = fc.constantFrom('~/a', '~/b*', "'~/c # d'", '"~/e, f"', '/x/[ab]', '~/ä');
const comment = fc.constantFrom('', '', ' # one', '  # two: [x]', ' #', " # it's");
const line = fc.constantFrom('', '', '# whole line\n', '\n', '      # deep\n');
const list = fc.oneof(
  fc
    .record({
      head: comment,
      items: fc.array(fc.tuple(line, word, comment), { minLength: 1, maxLength: 4 }),
      deep: fc.boolean(),
    })
    .map(
      ({ head, items, deep }) =>
        (pad: string, key: string) =>
          `${pad}${key}:${head}\n${items.map(([above, item, behind]) => `${above}${pad}${deep ? '  ' : ''}- ${item}${behind}\n`).join('')}`,
    ),
  fc.tuple(fc.array(word, { maxLength: 3 }), comment).map(
    ([items, behind]) =>
      (pad: string, key: string) =>
        `${pad}${key}: [${items.map((item) => (/^\/x/.test(item) ? `'${item}'` : item)).join(', ')}]${behind}\n`,
  ),
  fc
    .array(fc.tuple(word, comment), { minLength: 1, maxLength: 3 })
    .map(
      (items) => (pad: string, key: string) =>
        `${pad}${key}: [\n${items.map(([item, behind]) => `${pad}    ${/^\/x/.test(item) ? `'${item}'` : item},${behind}\n`).join('')}${pad}  ]\n`,
    ),
);
const section = fc
  .record({
    above: line,
    head: comment,
    read: fc.option(list),
    write: fc.option(list),
    deny: fc.option(list),
    exec: fc.option(fc.tuple(fc.boolean(), comment)),
    pad: fc.constantFrom('  ', '   ', '    '),
  })
  .map(({ above, head, read, write, deny, exec, pad }) => (name: string) => {
    const body = [
      exec ? `${pad}exec: ${exec[0]}${exec[1]}\n` : '',
      read ? read(pad, 'fs_read') : '',
      deny ? `${pad}deny:\n${deny(pad + pad, 'fs_read')}` : '',
      write ? write(pad, 'fs_write') : '',
    ].join('');
    return `${above}${name}:${body === '' ? ` {}${head}\n` : `${head}\n${body}`}`;
  });
/** A permissions.yaml as people write them: comments in every place, lists and sections in both forms. */
export const yamlFile = fc
  .record({
    start: fc.constantFrom('', '---\n', '# a file\n', '\ufeff'),
    sections: fc.array(section, { maxLength: 3 }),
    end: fc.constantFrom('', '# the end\n', '\n'),
    crlf: fc.boolean(),
    cut: fc.boolean(),
  })
  .map(({ start, sections, end, crlf, cut }) => {
    const text = start + sections.map((of, index) => of(['creds', 'aws', '"*"'][index] ?? '')).join('') + end;
    const whole = cut ? text.replace(/\n$/, '') : text;
    return crlf ? whole.replaceAll('\n', '\r\n') : whole;
  });

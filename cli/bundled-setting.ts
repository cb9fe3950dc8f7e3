import { type Document, isMap, isSeq, type ParsedNode, parseDocument } from 'yaml';
import { CliError, EXIT } from './exit.ts';

/**
 * The text of config.yaml with a name in `spokes.bundled` or without it; comments, order and everything else stay. Null
 * where it says so already. Throws CliError 65 for a text that does not parse or has something else in that place.
 */
export function withBundled(file: string, text: string, name: string, enabled: boolean): string | null {
  const document = parse(file, text);
  const names = bundledOf(file, document);
  if (names.includes(name) === enabled) return null;
  if (enabled) addName(document, name);
  else document.deleteIn(['spokes', 'bundled', names.indexOf(name)]);
  return document.toString(styleOf(text));
}

/** The names in `spokes.bundled`, in their order. */
export function bundledNamesIn(file: string, text: string): readonly string[] {
  return bundledOf(file, parse(file, text));
}

type Parsed = Document.Parsed<ParsedNode>;

function parse(file: string, text: string): Parsed {
  const document = parseDocument(text, { logLevel: 'silent' });
  const [error] = document.errors;
  if (error === undefined) return document as Parsed;
  const [place] = error.linePos ?? [];
  const where = place ? `${file}:${place.line}:${place.col}` : file;
  throw new CliError(
    EXIT.badYaml,
    `${where}: ${error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '')}; mend the file first`,
  );
}

function bundledOf(file: string, document: Parsed): readonly string[] {
  const { contents } = document;
  const spokes = isMap(contents) ? contents.get('spokes', true) : undefined;
  const bundled = isMap(spokes) ? spokes.get('bundled', true) : undefined;
  const fits = [
    isEmpty(contents) || isMap(contents),
    isEmpty(spokes) || isMap(spokes),
    isEmpty(bundled) || isSeq(bundled),
  ];
  if (fits.includes(false)) {
    throw new CliError(
      EXIT.badYaml,
      `${file}: expected a list of names at spokes.bundled; mend the file first`,
    );
  }
  return isSeq(bundled) ? (bundled.toJSON() as unknown[]).map(String) : [];
}

/** Nothing there, or a key without a value. */
function isEmpty(node: unknown): boolean {
  return (
    node === undefined ||
    node === null ||
    (typeof node === 'object' && 'value' in node && node.value === null)
  );
}

function addName(document: Parsed, name: string): void {
  const { contents } = document;
  const spokes = isMap(contents) ? contents.get('spokes', true) : undefined;
  if (!isMap(contents))
    document.contents = document.createNode({ spokes: { bundled: [name] } }) as ParsedNode;
  else if (!isMap(spokes)) document.set('spokes', document.createNode({ bundled: [name] }));
  else if (!isSeq(spokes.get('bundled', true))) document.setIn(BUNDLED, document.createNode([name]));
  else document.addIn(BUNDLED, name);
}

const BUNDLED = ['spokes', 'bundled'];

/** The habits of the file, so that the lines nobody asked to change stay as they are. */
function styleOf(text: string) {
  const first = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
  return {
    lineWidth: 0,
    indent: Math.min(Math.max(first, 2), 8),
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*\1- /m.test(text),
    flowCollectionPadding: /[[{] /.test(text),
  };
}

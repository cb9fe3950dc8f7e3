/** A version as numbers: major, minor, patch. */
type Version = readonly [number, number, number];

/**
 * Whether a version satisfies an `engines` range. It knows the forms that packages use (`>=20`, `^20.19.0 || >=22`,
 * `20.x`, `>=10 <21`, `18 - 22`, `*`), and throws for any other, so that a new form is looked at and not passed over.
 */
export function satisfies(version: string, range: string): boolean {
  const given = parse(version);
  if (given === null) throw new Error(`'${version}' is no version`);
  return range.split('||').some((alternative) => {
    const normal = alternative.trim().replace(/^(\S+)\s+-\s+(\S+)$/, '>=$1 <=$2');
    const conditions = normal.replace(/(>=|<=|[<>=^~])\s+/g, '$1').split(/\s+/);
    return conditions.every((condition) => meets(given, condition));
  });
}

function meets(given: Version, condition: string): boolean {
  const [, operator = '', text = ''] = /^(>=|<=|[<>=^~])?v?(.*)$/.exec(condition) ?? [];
  if (text === '' || text === '*' || text === 'x') return true;
  const parts = text.split('.').filter((part) => part !== 'x' && part !== '*');
  const wanted = parse(parts.concat('0', '0').slice(0, 3).join('.'));
  if (wanted === null) throw new Error(`'${condition}' is a form of range that this does not know`);
  const order = compare(given, wanted);
  const same = parts.every((_, index) => given[index] === wanted[index]);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0 && !(parts.length < 3 && same);
    case '<':
      return order < 0;
    case '<=':
      return order <= 0 || same;
    case '^':
      return order >= 0 && given[0] === wanted[0];
    case '~':
      return order >= 0 && given[0] === wanted[0] && (parts.length < 2 || given[1] === wanted[1]);
    default:
      return same;
  }
}

function parse(text: string): Version | null {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return match && [Number(match[1]), Number(match[2]), Number(match[3])];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activeValues,
  type ConfigValue,
  deepMerge,
  expandValues,
  valueAt,
} from '../../core/portals/config-values.ts';

/** Text as a file could hold it: JSON.parse makes `__proto__` an own key, as the YAML parser does. */
const parse = (text: string): ConfigValue => JSON.parse(text) as ConfigValue;

describe('merging', () => {
  test.each([
    ['1', '2', '2'],
    ['1', 'null', 'null'],
    ['{"a":1}', '{}', '{"a":1}'],
    ['{}', '{"a":1}', '{"a":1}'],
    ['{"a":1,"b":2}', '{"b":3,"c":4}', '{"a":1,"b":3,"c":4}'],
    ['{"a":{"b":1,"c":2}}', '{"a":{"c":3}}', '{"a":{"b":1,"c":3}}'],
    ['{"a":{"b":{"c":1,"d":2}}}', '{"a":{"b":{"c":3}}}', '{"a":{"b":{"c":3,"d":2}}}'],
    ['{"a":[1,2]}', '{"a":[3]}', '{"a":[3]}'],
    ['{"a":[1,2]}', '{"a":[]}', '{"a":[]}'],
    ['{"a":{"b":1}}', '{"a":[1]}', '{"a":[1]}'],
    ['{"a":[1]}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ['{"a":{"b":1}}', '{"a":"text"}', '{"a":"text"}'],
    ['{"a":"text"}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ['{"a":{"b":1}}', '{"a":null}', '{"a":null}'],
    ['{"a":null}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ['{"a":false}', '{"a":true}', '{"a":true}'],
    ['{"a":1}', '{"toString":2}', '{"a":1,"toString":2}'],
    ['{"a":1}', '{"__proto__":{"b":2}}', '{"a":1,"__proto__":{"b":2}}'],
    ['{"__proto__":{"b":2}}', '{"__proto__":{"c":3}}', '{"__proto__":{"b":2,"c":3}}'],
  ])('%s and then %s is %s', (base, over, merged) => {
    expect(JSON.stringify(deepMerge(parse(base), parse(over)))).toBe(merged);
    expect(({} as Record<string, unknown>).b).toBeUndefined();
  });

  test('changes neither of the two, and is done when it is done once', () => {
    const { value } = fc.letrec<{ value: ConfigValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<ConfigValue>(null, 1, 'x', [], [1]),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, value, (base, over) => {
        const before = JSON.stringify([base, over]);
        const merged = deepMerge(base, over);
        expect(JSON.stringify([base, over])).toBe(before);
        expect(deepMerge(merged, over)).toEqual(merged);
      }),
    );
  });
});

describe('the active environment', () => {
  const sections = parse('{"default":{"a":1,"b":{"c":2,"d":[1]}},"work":{"b":{"d":[]}},"odd":7}');

  test.each([
    ['no sections', '{"a":1}', 'work', '{"a":1}'],
    ['a default that is no section', '{"default":1,"work":{"a":2}}', 'work', '{"default":1,"work":{"a":2}}'],
    ['a list', '[1]', 'work', '[1]'],
    ['nothing', 'null', 'work', 'null'],
  ])('changes nothing where there is %s', (_what, values, environment, active) => {
    expect(activeValues(parse(values), environment)).toEqual(parse(active));
  });

  test.each([
    [null, { a: 1, b: { c: 2, d: [1] } }],
    ['work', { a: 1, b: { c: 2, d: [] } }],
    ['home', { a: 1, b: { c: 2, d: [1] } }],
    ['default', { a: 1, b: { c: 2, d: [1] } }],
    ['constructor', { a: 1, b: { c: 2, d: [1] } }],
    ['odd', 7],
  ])('%s is the default section with its own merged over it', (environment, active) => {
    expect(activeValues(sections, environment)).toEqual(active);
  });
});

describe('expanding', () => {
  const variables = { NAME: 'value', EMPTY: '', TWICE: '$NAME', HIDDEN: undefined, TILDE: '~/x' };

  test.each([
    ['plain', 'plain'],
    ['$NAME', 'value'],
    ['\u0024{NAME}', 'value'],
    ['a$NAME.b', 'avalue.b'],
    ['$NAMEX', '$NAMEX'],
    ['\u0024{NAME}X', 'valueX'],
    ['$EMPTY|', '|'],
    ['$HIDDEN', '$HIDDEN'],
    ['$UNKNOWN \u0024{UNKNOWN}', '$UNKNOWN \u0024{UNKNOWN}'],
    ['$toString', '$toString'],
    ['$TWICE', '$NAME'],
    ['$1 $ $$NAME \u0024{}', '$1 $ $value \u0024{}'],
    ['~', '/home/ada'],
    ['~/x', '/home/ada/x'],
    ['~/$NAME', '/home/ada/value'],
    ['~ada/x', '~ada/x'],
    ['a~/x', 'a~/x'],
    ['$TILDE', '~/x'],
  ])('%j becomes %j', (text, expanded) => {
    expect(expandValues(text, '/home/ada', variables)).toBe(expanded);
  });

  test('reaches every text, and neither keys nor other values', () => {
    const value = parse('{"$NAME":["$NAME",{"a":"~/x","b":7,"c":null,"d":true}]}');
    expect(expandValues(value, '/home/ada', variables)).toEqual({
      $NAME: ['value', { a: '/home/ada/x', b: 7, c: null, d: true }],
    });
  });
});

test.each([
  ['a', { b: [1] }],
  ['a.b', [1]],
  ['a.b.0', null],
  ['a.c', null],
  ['text.length', null],
  ['toString', null],
  ['a.__proto__', null],
  ['', null],
])('the value at %j is found, and nothing that only looks like one', (key, value) => {
  expect(valueAt(parse('{"a":{"b":[1]},"text":"x"}'), key)).toEqual(value);
});

test('a key of the active environment is its value, never expanded again, and no key of an object', () => {
  const named = (name: string) => ['$', '{', name, '}'].join('');
  const environment = { region: '$SECRET', 'a-b': named('env.region') };
  const left = [named('env.none'), named('env.constructor'), '$env.region', named('env')];
  const given = [named('env.region'), named('env.a-b'), ...left];
  expect(expandValues(given, '/home/ada', { SECRET: 'secret' }, environment)).toEqual([
    '$SECRET',
    named('env.region'),
    ...left,
  ]);
});

import type { YamlEdit } from './yaml-change.ts';

type Data = Record<string, unknown> | unknown[];

/** The same change made to plain data: what the text has to say afterwards. */
export function editData(data: Record<string, unknown>, edit: YamlEdit): Record<string, unknown> {
  const copy = structuredClone(data);
  const [last, ...above] = edit.path.toReversed();
  const way = above.toReversed();
  if (last === undefined) return copy;
  if (edit.do === 'remove') {
    const chain: Data[] = [copy];
    for (const part of way) chain.push(Reflect.get(chain.at(-1) ?? {}, part) as Data);
    for (let depth = chain.length - 1; depth >= 0; depth -= 1) {
      const at = chain[depth] as Data;
      const part = edit.path[depth] as string | number;
      if (Array.isArray(at)) at.splice(Number(part), 1);
      else delete at[part];
      if (Object.keys(at).length > 0) break;
    }
    return copy;
  }
  const parent = way.reduce<Data>((at, part) => {
    if (Reflect.get(at, part) === undefined) Reflect.set(at, part, {});
    return Reflect.get(at, part) as Data;
  }, copy);
  const before: unknown = Reflect.get(parent, last);
  if (edit.do === 'set') Reflect.set(parent, last, edit.value);
  else Reflect.set(parent, last, [...(Array.isArray(before) ? before : []), edit.item]);
  return copy;
}

/** Whether two pieces of plain data say the same; the order of keys says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key)))
  );
}

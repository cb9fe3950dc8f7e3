import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLastGood } from '../../core/registry/last-good.ts';
import { MAX_OVERRIDES_BYTES } from '../../core/registry/load-overrides.ts';
import { overridesIn, watchOverrides } from '../support/overrides-file.ts';
import { createPowers } from '../support/powers.ts';
import { compileManifest, manifestText } from '../support/rights.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const TEXT = 'creds:\n  exec: false\n';

async function keep(text = TEXT) {
  const file = join(makeTemporaryDirectory(), 'last-good.json');
  const lastGood = createLastGood(createPowers(), file);
  await lastGood.write(text);
  return { file, lastGood };
}

it('what was kept comes back, byte for byte', async () => {
  for (const text of [TEXT, '', '# "ä" \\ \u2028 😀\r\n']) {
    const { lastGood } = await keep(text);
    expect(await lastGood.read()).toEqual({ text, warning: null });
  }
});

it.each([
  ['quotes', '"'],
  ['newlines', '\n'],
  ['control characters', '\u0001'],
  ['letters beyond ASCII', 'ä'],
])('the largest permissions.yaml there may be comes back, were it all %s', async (_, character) => {
  const text = `#${character}`.repeat(MAX_OVERRIDES_BYTES).slice(0, MAX_OVERRIDES_BYTES);
  const bytes = Buffer.from(text)
    .subarray(0, MAX_OVERRIDES_BYTES - 1)
    .toString('utf8')
    .replace('\ufffd', '');
  const { lastGood } = await keep(bytes);
  expect((await lastGood.read()).text === bytes).toBe(true);
});

it('where nothing was kept there is nothing, and nothing to tell of', async () => {
  const lastGood = createLastGood(createPowers(), join(makeTemporaryDirectory(), 'last-good.json'));
  expect(await lastGood.read()).toEqual({ text: null, warning: null });
});

describe('a damaged copy is moved aside, told of and never believed', () => {
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  const damages: Record<string, (file: string) => void> = {
    'cut off': (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, -10)),
    empty: (file) => writeFileSync(file, ''),
    'changed in its text': (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('false', 'true')),
    'changed in its checksum': (file) =>
      writeFileSync(file, JSON.stringify({ v: 1, sha256: sum('x'), text: TEXT })),
    'without a checksum': (file) => writeFileSync(file, JSON.stringify({ v: 1, text: TEXT })),
    'of another version': (file) =>
      writeFileSync(file, JSON.stringify({ v: 2, sha256: sum(TEXT), text: TEXT })),
    'no JSON': (file) => writeFileSync(file, TEXT),
    'not UTF-8': (file) => writeFileSync(file, Buffer.from([0xff, 0xff])),
    'far too large': (file) => writeFileSync(file, Buffer.alloc(10_000_000, ' ')),
    'a directory': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    'a link to another file': (file) => {
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      writeFileSync(`${file}.other`, text);
      symlinkSync(`${file}.other`, file);
    },
  };

  it.each(Object.entries(damages))('where it is %s', async (_, damage) => {
    const { file, lastGood } = await keep();
    damage(file);
    const { text, warning } = await lastGood.read();
    expect(text).toBeNull();
    const aside = `${file}.damaged-${Date.parse('2030-01-01T00:00:00Z')}`;
    expect(warning).toBe(`${file}: the kept copy of permissions.yaml is damaged; it was moved to ${aside}`);
    expect([existsSync(file), existsSync(aside)]).toEqual([false, true]);
    expect(await lastGood.read()).toEqual({ text: null, warning: null });
  });

  it('also where it belongs to somebody else, who could have written it', async () => {
    const { file } = await keep();
    const lastGood = createLastGood({ ...createPowers(), uid: 12_345 }, file);
    const { uid } = statSync(file);
    // Root is believed by everybody.
    const { text } = await lastGood.read();
    expect(text).toBe(uid === 0 ? TEXT : null);
  });

  it.runIf(process.getuid?.() === 0)(
    'also of an ordinary user, for a daemon of root (needs root)',
    async () => {
      const { file, lastGood } = await keep();
      chownSync(file, 12_345, 12_345);
      expect((await lastGood.read()).text).toBeNull();
    },
  );

  it('also where it cannot be moved, which is told', async () => {
    const { file } = await keep();
    writeFileSync(file, 'damaged');
    const rename = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    const powers = createPowers();
    const lastGood = createLastGood({ ...powers, files: { ...powers.files, rename } }, file);
    expect(await lastGood.read()).toEqual({
      text: null,
      warning: `${file}: the kept copy of permissions.yaml is damaged; it cannot be moved away (EIO); remove it`,
    });
  });

  it('and a daemon that has nothing else is closed', async () => {
    const directory = makeTemporaryDirectory();
    writeFileSync(overridesIn(directory), TEXT);
    await watchOverrides(directory).settle();
    writeFileSync(join(directory, 'permissions.last-good.json'), 'x');
    writeFileSync(overridesIn(directory), 'creds: [\n');
    const watched = watchOverrides(directory);
    await watched.settle();
    const [policy] = watched.policiesOf(compileManifest(manifestText('exec: true')));
    expect(policy.open).toBe(false);
    expect(watched.warnings).toHaveLength(1);
  });
});

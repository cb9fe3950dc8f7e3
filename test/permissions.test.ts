import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openConsents } from '../core/consents.ts';
import { openPermissions } from '../core/permissions.ts';
import { grantedPaths } from '../core/policy/granted-paths.ts';
import { resolveForReading } from '../core/portals/resolve-path.ts';
import { NO_HOST_POLICY } from '../core/registry/host-policy-file.ts';
import { SpokeBook } from '../core/registry/spoke-book.ts';
import { placesFor } from '../schemas/places.ts';
import { createPowers } from './support/powers.ts';
import { commandTarget } from './support/queries.ts';
import { writeSpoke } from './support/spoke-directory.ts';
import { makeTemporaryDirectory } from './support/temporary-directory.ts';

const SLEEP = commandTarget(['/usr/bin/sleep', '600']);

/** A home with spokes; what they may do is asked as the broker and the scoped profile ask it. */
async function world(spokes: Readonly<Record<string, string>>, prepare: (home: string) => void = () => {}) {
  const lost: string[] = [];
  const events: { name: string; spoke: string | null; detail: Readonly<Record<string, unknown>> }[] = [];
  const home = makeTemporaryDirectory();
  const powers = createPowers();
  const places = placesFor({ AXIUM_HOME: `${home}/axium` }, home);
  for (const directory of [places.state, places.spokesDirectory, places.overridesDirectory]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  const put = (path: string, text = '') => {
    mkdirSync(dirname(`${home}/${path}`), { recursive: true });
    writeFileSync(`${home}/${path}`, text);
  };
  for (const [name, permissions] of Object.entries(spokes)) {
    writeSpoke(places.spokesDirectory, name, {
      'spoke.yaml': `name: ${name}\nentrypoint: main:register\npermissions: ${permissions.replaceAll('@', home)}\n`,
    });
  }
  prepare(home);
  const book = await SpokeBook.open({
    powers,
    configFile: places.configFile,
    roots: [places.spokesDirectory],
    bundledRoot: `${home}/bundled`,
    home,
  });
  const consents = await openConsents({
    powers,
    file: places.consents,
    first: () => 'accept',
    recordEvent: () => {},
  });
  await consents.notice(book.found);
  const opening = openPermissions({
    powers,
    places,
    home,
    packageRoot: `${home}/package`,
    strict: () => false,
    host: { state: NO_HOST_POLICY, file: '/etc/axium/policy.yaml' },
    consents,
    levelOf: () => 'none',
    book,
    recordEvent: (name, spoke, detail) => events.push({ name, spoke, detail }),
    onLost: (mayRun) => lost.push(...Object.keys(spokes).filter((spoke) => !mayRun(spoke, SLEEP, false))),
    onChanged: () => {},
  });
  // A permissions.yaml that is there is looked at twice, with a wait between.
  const isOpen = opening.then(() => null);
  for (;;) {
    const wait = await Promise.race([isOpen, powers.clock.armed()]);
    if (wait === null) break;
    powers.clock.advance(wait);
  }
  const permissions = await opening;
  const rightsOf = async (spoke: string) => {
    // As the broker does it: what was found on the way may have made other policies.
    await permissions.anchors(permissions.of(spoke).policies);
    const { policies } = permissions.of(spoke);
    return grantedPaths({ policies, anchors: await permissions.anchors(policies), now: powers.clock.now() });
  };
  return {
    home,
    put,
    permissions,
    clock: powers.clock,
    events,
    /** The spokes whose `sleep` was to be ended, each time that rights were lost. */
    lost,
    link: (to: string, path: string) => symlinkSync(to, `${home}/${path}`),
    /** Lets as much time pass as an answer about links may be old. */
    later: () => powers.clock.advance(1000),
    async may(spoke: string, list: 'fs_read' | 'fs_write', path: string): Promise<boolean> {
      const { target, handle } = await resolveForReading(
        { files: powers.files, home, devfs: null },
        `${home}/${path}`,
      );
      await handle?.close();
      return (await rightsOf(spoke)).allows(list, target);
    },
    /** Whether a scoped command would get the directory with all that is in it. */
    getsWhole: async (spoke: string, directory: string) =>
      (await rightsOf(spoke)).allowsAllBelow('fs_write', `${home}/${directory}`),
  };
}

describe('a link where some spoke may write', () => {
  test('leads the entry of another spoke nowhere, and one of the user elsewhere does', async () => {
    const { put, link, may } = await world({
      planter: '{exec: true, exec_profile: scoped, fs_write: ["@/w/**"]}',
      reader: '{fs_read: ["@/w/x/**", "@/mine/**"]}',
    });
    put('.ssh/id_rsa', 'key');
    put('w/file');
    link('..', 'w/x');
    put('other/key', 'key');
    link('other', 'mine');
    expect(await may('reader', 'fs_read', 'w/x/.ssh/id_rsa')).toBe(false);
    expect(await may('reader', 'fs_read', 'mine/key')).toBe(true);
  });

  test('leads nowhere also where the spoke may write there by an override, and by a link', async () => {
    const { put, link, may } = await world(
      { planter: '{exec: true}', reader: '{fs_read: ["@/data/w/x/**"]}' },
      (home) => {
        writeFileSync(`${home}/axium/config/permissions.yaml`, `planter: {fs_write: ["${home}/way/**"]}\n`);
      },
    );
    put('.ssh/id_rsa', 'key');
    put('data/w/file');
    link('data', 'way');
    link('../..', 'data/w/x');
    expect(await may('reader', 'fs_read', 'data/w/x/.ssh/id_rsa')).toBe(false);
  });

  test('makes no start-up file of an entry that names another file', async () => {
    const { put, link, may } = await world({
      planter: '{exec: true, exec_profile: scoped, fs_write: ["@/w/**", "@/w/x/.bashrc"]}',
    });
    put('.bashrc');
    put('w/file');
    link('..', 'w/x');
    expect(await may('planter', 'fs_write', 'w/x/.bashrc')).toBe(false);
  });

  test('is followed where the entry names it alone, which gives a file and no link', async () => {
    const { put, link, may } = await world({ one: '{fs_write: ["@/.toolrc"]}' });
    put('dotfiles/toolrc');
    link('dotfiles/toolrc', '.toolrc');
    expect(await may('one', 'fs_write', 'dotfiles/toolrc')).toBe(true);
  });
});

describe('what a file of Axium is a link to', () => {
  const WIDE = { planter: '{exec: true, exec_profile: scoped, fs_write: ["@/dot/**", "@/versions/**"]}' };

  test.each(['permissions.yaml', 'config.yaml'])(
    'is no file that a spoke writes, nor is a link on the way to it: %s',
    async (name) => {
      const { may, getsWhole } = await world(WIDE, (home) => {
        mkdirSync(`${home}/versions/3`, { recursive: true });
        mkdirSync(`${home}/dot`);
        writeFileSync(`${home}/versions/3/${name}`, '');
        symlinkSync('../versions/3', `${home}/dot/current`);
        symlinkSync(`${home}/dot/current/${name}`, `${home}/axium/config/${name}`);
      });
      expect(await may('planter', 'fs_write', `dot/current/${name}`)).toBe(false);
      expect(await getsWhole('planter', 'versions/3')).toBe(false);
      expect(await getsWhole('planter', 'dot')).toBe(false);
      expect(await may('planter', 'fs_write', 'dot/other')).toBe(true);
    },
  );

  test('is no place to write in, where the link was a directory a moment ago', async () => {
    const { home, may } = await world(WIDE, (at) => {
      mkdirSync(`${at}/versions/3`, { recursive: true });
      mkdirSync(`${at}/dot`);
      writeFileSync(`${at}/versions/3/permissions.yaml`, '');
      symlinkSync('../versions/3', `${at}/dot/current`);
      symlinkSync(`${at}/dot/current/permissions.yaml`, `${at}/axium/config/permissions.yaml`);
    });
    expect(await may('planter', 'fs_write', 'dot/other')).toBe(true);
    unlinkSync(`${home}/dot/current`);
    mkdirSync(`${home}/dot/current`);
    expect(await may('planter', 'fs_write', 'dot/current/permissions.yaml')).toBe(false);
  });

  test("is no file that a spoke writes where it is a spoke's changed configuration, however late that came", async () => {
    const { home, put, may, later, getsWhole } = await world(WIDE);
    put('dot/ov.yaml');
    expect(await may('planter', 'fs_write', 'dot/ov.yaml')).toBe(true);
    symlinkSync(`${home}/dot/ov.yaml`, `${home}/axium/config/overrides/planter.yaml`);
    later();
    expect(await may('planter', 'fs_write', 'dot/ov.yaml')).toBe(false);
    expect(await getsWhole('planter', 'dot')).toBe(false);
  });

  test('is no directory that a spoke writes in where it is that of a spoke, nor are the links to it', async () => {
    const { may, getsWhole } = await world(WIDE, (home) => {
      writeSpoke(`${home}/versions`, 'linked');
      mkdirSync(`${home}/dot`);
      symlinkSync('../versions/linked', `${home}/dot/linked`);
      symlinkSync(`${home}/dot/linked`, `${home}/axium/config/spokes/linked`);
    });
    expect(await may('planter', 'fs_write', 'versions/linked/main.mjs')).toBe(false);
    expect(await getsWhole('planter', 'dot')).toBe(false);
  });
});

describe('a start-up file that two links lead to', () => {
  test('keeps both links out of what a wildcard opens', async () => {
    const { may, getsWhole } = await world(
      { planter: '{exec: true, exec_profile: scoped, fs_write: ["@/dot/**", "@/versions/**"]}' },
      (home) => {
        mkdirSync(`${home}/versions/3`, { recursive: true });
        mkdirSync(`${home}/dot`);
        writeFileSync(`${home}/versions/3/bashrc`, '');
        symlinkSync('../versions/3', `${home}/dot/current`);
        symlinkSync('dot/current/bashrc', `${home}/.bashrc`);
      },
    );
    expect(await may('planter', 'fs_write', 'versions/3/bashrc')).toBe(false);
    expect(await getsWhole('planter', 'versions/3')).toBe(false);
    expect(await getsWhole('planter', 'dot')).toBe(false);
  });
});

describe('a right that expires', () => {
  const HOUR = 3_600_000;
  const RUNNER = { runner: "{exec: [{command: sleep *, expires: '2030-01-01T01:00:00Z'}]}" };

  test('ends what runs by it, and is on record, at its time', async () => {
    const { permissions, clock, events, lost } = await world(RUNNER);
    await permissions.announce();
    expect([lost, events.splice(0)]).toMatchObject([[], [{ name: 'authz_change', spoke: 'runner' }]]);
    clock.advance(HOUR - 1);
    expect([lost, events]).toEqual([[], []]);
    clock.advance(1);
    expect(lost).toEqual(['runner']);
    expect(events).toMatchObject([
      {
        name: 'authz_change',
        spoke: 'runner',
        detail: {
          added: [],
          removed: [expect.stringContaining('exec: sleep * until 2030-01-01T01:00:00.000Z (base, ')],
        },
      },
    ]);
    clock.advance(HOUR);
    expect([lost, events]).toMatchObject([['runner'], [{}]]);
    permissions.close();
  });

  test('is no reason to wake once the daemon has ended', async () => {
    const { permissions, clock } = await world(RUNNER);
    await permissions.announce();
    permissions.close();
    expect(clock.waits()).toEqual([]);
  });
});

import { mkdir } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { Audit } from '../../../core/audit/audit.ts';
import type { BrokerInput } from '../../../core/broker.ts';
import { SpokeCommands } from '../../../core/commands/spoke-commands.ts';

import { controlHandlers, type Hosted } from '../../../core/control/handlers.ts';
import { Environments } from '../../../core/environments/environments.ts';
import { AxiumError } from '../../../core/errors.ts';
import { HudSegments } from '../../../core/hud/segments.ts';
import { inGroup } from '../../../core/jobs/containment.ts';
import { Jobs } from '../../../core/jobs/jobs.ts';
import { NotificationQueue } from '../../../core/notify/queue.ts';
import { PersonExec } from '../../../core/person-exec.ts';
import { Lines } from '../../../core/supervisor/lines.ts';

import { Supervisor } from '../../../core/supervisor/supervisor.ts';
import { placesFor } from '../../../schemas/places.ts';
import { makePeople } from '../../support/people.ts';
import { createPowers } from '../../support/powers.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

/** The handlers of the control socket on a daemon's real parts, without spokes. */
export async function makeHost(changed: Partial<Hosted> = {}, config: object = {}) {
  const home = makeTemporaryDirectory();
  const powers = createPowers();
  const places = placesFor({ AXIUM_HOME: home }, home);
  for (const directory of [places.state, places.run]) await mkdir(directory);
  const { queue } = await NotificationQueue.open(powers, places.notifications);
  const audit = new Audit(powers, {
    journal: places.auditLog,
    security: places.securityLog,
    pieceBytes: () => Number.POSITIVE_INFINITY,
    onPiece: () => {},
    onTrouble: () => {},
  });
  const jobs = new Jobs({
    powers,
    environment: () => ({ env: {}, cwd: home, limits: { timeoutMs: 60_000, maxOutput: 1000 } }),
    contain: inGroup,
    maxPerSpoke: 4,
    keep: 10,
  });
  onTestFinished(async () => {
    await jobs.stop();
    queue.close();
    audit.close();
  });
  const { people } = await makePeople(powers, home, { config });
  const supervisor = new Supervisor({
    makeLife: () => {
      throw new Error('there is no spoke here');
    },
    settingOf: () => '',
    onTaken: () => {},
    onKept: () => {},
  });
  const host: Hosted = {
    identity: {
      pid: 7,
      version: '1.2.3',
      node: 'v20.0.0',
      strict: false,
      strictByHost: false,
      service: false,
    },
    dangerous: false,
    uptimeMs: () => 1500,
    places,
    notes: () => ['a note'],
    overrides: () => ({ in_force: false, problems: [] }),
    supervisor,
    warm: () => ({ state: 'ready', pid: 4713 }),
    refused: () => [{ directory: '/spokes/broken', problems: ['spoke.yaml:1:1: broken'] }],
    reload: () => Promise.resolve(),
    reviews: {
      show: () => Promise.reject(new AxiumError('not_found', 'there is no spoke here')),
      accept: () => Promise.resolve(),
    },
    spokeLog: () => '',
    permissions: () => [],
    answer: () => Promise.reject(new Error('there is no spoke here')),
    loadPermissions: () => Promise.resolve({ sha256: null, problems: [] }),
    queue,
    hud: new HudSegments(),
    jobs,
    commands: new SpokeCommands({ lines: new Lines(), clock: powers.clock, recordEvent: () => {} }),
    environments: await Environments.open({
      powers,
      file: places.environmentsFile,
      chosenFile: places.chosenEnvironment,
      configured: () => null,
      onChange: () => {},
      onValues: () => {},
    }),
    audit,
    people: {
      ...people,
      ...{ clock: powers.clock, jobs },
      exec: new PersonExec({
        broker: { audit } as unknown as BrokerInput,
        files: powers.files,
        path: () => ['/usr/bin', '/bin'],
        ...{ jobs, people },
      }),
      isSpoke: (name) => name === 'creds',
      elevationAuth: () => 'self',
    },
    pruneAudit: () => Promise.resolve(2),
    confine: () => Promise.resolve(),
    shutdown: () => {},
    ...changed,
  };
  return { host, handlers: controlHandlers(host), powers };
}

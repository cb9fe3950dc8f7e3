import { existsSync } from 'node:fs';
import { shortPath } from '../../schemas/places.ts';
import { SERVICE, SYSTEMD_NOTIFY } from '../../schemas/service.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import { request } from '../client.ts';
import type { Run } from '../commands.ts';
import type { Context } from '../context.ts';
import { findDaemon } from '../daemon-running.ts';
import { CliError, EXIT } from '../exit.ts';
import { indented } from '../plain-text.ts';
import { replaceFile } from '../replace-file.ts';
import { runCheck } from '../run-check.ts';
import { startService } from '../service.ts';
import { requireManager, systemctlOrFail } from '../systemctl.ts';
import { makeUnit, readOwnUnit, unitPath } from '../unit-file.ts';

const RELOAD = ['daemon-reload'];
const ENABLE = ['enable', '--now', SERVICE];
const RESTART = ['restart', SERVICE];

/** Makes the daemon a service of this user. The same unit once more changes nothing. */
export const run: Run = async (context, { options }) => {
  refuseOwnHome(context);
  const path = unitPath(context);
  const before = await readOwnUnit(path);
  const unit = await makeUnit({ node: process.execPath, root: context.root, env: context.env });
  const running = await findDaemon(context);
  const changed = before !== unit;
  // A service that runs already has to be started anew to become what the unit says.
  const again = changed && running?.service === true;
  if (options.dryRun) {
    return context.print(
      [
        ...(running && !running.service ? [`would refuse, ${byHand(running.pid)}\n`] : []),
        changed
          ? `would write ${shortPath(path, context.home)}:\n${indented(unit)}`
          : `${shortPath(path, context.home)} is as it should be\n`,
        ...[RELOAD, ENABLE, ...(again ? [RESTART] : [])].map(
          (words) => `would run systemctl --user ${words.join(' ')}\n`,
        ),
      ].join(''),
    );
  }
  await requireManager(context);
  if (!existsSync(SYSTEMD_NOTIFY)) {
    throw new CliError(
      EXIT.unavailable,
      `${SYSTEMD_NOTIFY}: not found, and a service has to say that it is ready; without it 'axium daemon start' starts the daemon`,
    );
  }
  if (running && !running.service) throw new CliError(EXIT.no, byHand(running.pid));
  await runCheck(context, 'config');
  if (changed) {
    await replaceFile(path, before ?? '', unit);
    await context.print(`wrote ${shortPath(path, context.home)}\n`);
  }
  await systemctlOrFail(context, RELOAD, "the unit stays; 'axium daemon uninstall' takes it away");
  const started = await startService(context, ENABLE);
  const { pid } = again ? await startService(context, RESTART) : started;
  await context.print(
    [
      `${SERVICE} is enabled: it starts when you log in\n`,
      `axiumd ${running && !again ? 'is running' : again ? 'restarted' : 'started'}, pid ${pid}\n`,
      ...(await request(context, 'status')).notes.map((note) => `note: ${visibleText(note)}\n`),
    ].join(''),
  );
};

function byHand(pid: number): string {
  return `a daemon that was started by hand is running, pid ${pid}; end it with 'axium daemon stop', then install`;
}

/** A user has one service of this name. */
function refuseOwnHome({ env }: Context): void {
  if (!env.AXIUM_HOME) return;
  throw new CliError(
    EXIT.usage,
    `AXIUM_HOME: expected none, since the service is for the files in your home directory; unset it, or use 'axium daemon start'`,
  );
}

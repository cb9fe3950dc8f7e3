import type { Run } from '../commands.ts';
import { doctorText } from '../doctor-text.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { runCheck } from '../run-check.ts';

/** Exit code 1 where spokes cannot be confined as the daemon requires by itself, or the host's policy is not taken. */
export const run: Run = async (context, { options }) => {
  const { ok: _ok, ...report } = await runCheck(context, 'doctor');
  await context.print(options.json ? jsonText(report) : doctorText(report));
  if (report.policy.standing === 'ignored' || report.policy.standing === 'invalid') {
    throw new CliError(
      EXIT.no,
      `the policy of this host is ${report.policy.standing}; mend it as told above`,
    );
  }
  if (report.best === 'seatbelt' || report.best === 'none') {
    throw new CliError(
      EXIT.no,
      'spokes cannot be confined here; mend one of the levels strong and kernel above',
    );
  }
};

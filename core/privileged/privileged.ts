import type { Config } from '../../schemas/config.ts';
import type { PrivilegedTarget } from '../../schemas/decision.ts';
import { allowsDangerous } from '../../schemas/tiers.ts';
import { AxiumError } from '../errors.ts';
import type { PrivilegedPowers } from '../portals/privileged.ts';
import type { Powers } from '../powers.ts';
import { actionWords } from './action-words.ts';
import { climbLadder } from './ladder.ts';
import type { SudoPowers } from './sudo.ts';

export interface PrivilegedInput {
  readonly powers: SudoPowers & Pick<Powers, 'connect' | 'filesNow' | 'env'>;
  readonly settings: () => Config['executor'];
  /** The table that comes with Axium. */
  readonly shipped: string;
  readonly recordEvent: (event: string, spoke: string, detail: Readonly<Record<string, unknown>>) => void;
}

const SUDO = '/usr/bin/sudo';
/** Where NixOS has what is set-id. */
const NIXOS_SUDO = '/run/wrappers/bin/sudo';

/** What the portal is handed: the words of actions, and the ladder by which they are done. */
export function openPrivileged({
  powers,
  settings,
  shipped,
  recordEvent,
}: PrivilegedInput): PrivilegedPowers {
  const words = ({ action, params }: Pick<PrivilegedTarget, 'action' | 'params'>) =>
    actionWords(powers.filesNow, { table: settings().table, shipped }, action, params);
  return {
    look: (action, params) => ({ kind: 'privileged', action, params, argv: words({ action, params }).argv }),
    async perform({ spoke }, { action, params, argv }, request) {
      const now = words({ action, params });
      if (JSON.stringify(now.argv) !== JSON.stringify(argv))
        throw new AxiumError('busy', 'the table of actions changed while this was decided; try again');
      const { socket, fallback } = settings();
      const sudo = (await exists(powers, NIXOS_SUDO)) ? NIXOS_SUDO : SUDO;
      const ladder = { socket, fallback, sudo, dangerous: allowsDangerous(powers.env) };
      const errand = { ...now, action, params, request, principal: `spoke:${spoke}` };
      const outcome = await climbLadder(powers, ladder, errand);
      if ('via' in outcome) {
        // By this the two chains can be checked against each other.
        const { via, record } = outcome;
        recordEvent('privileged_done', spoke, { request, via, record });
      }
      return outcome;
    },
  };
}

function exists({ files }: Pick<Powers, 'files'>, path: string): Promise<boolean> {
  return files.access(path).then(
    () => true,
    () => false,
  );
}

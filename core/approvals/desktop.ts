import type { ChildProcess } from 'node:child_process';
import type { PendingApproval } from '../../schemas/approvals.ts';
import { requireProgram } from '../host-programs.ts';
import type { Powers } from '../powers.ts';

const NOTIFY_SEND = '/usr/bin/notify-send';

/** What leads to the desktop of the daemon's user. */
const VARIABLES = ['DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR'] as const;

/** Questions on the desktop at once. */
const MAX_SHOWN = 8;

export interface DesktopInput {
  readonly wanted: () => boolean;
  /** Somebody at the desktop has said no. */
  readonly onNo: (id: string) => void;
}

/**
 * Shows the questions that wait on the desktop, where there is one, for as long as they wait. A no can be said there. A yes
 * cannot, although we have started notify-send ourselves: it tells what the desktop tells it, and whatever reaches that bus,
 * as a command of a spoke does at the profile `host`, can be the desktop. So a yes takes the control socket.
 */
export function desktopNotices(
  powers: Pick<Powers, 'files' | 'spawn' | 'env' | 'clock'>,
  { wanted, onNo }: DesktopInput,
): { readonly show: (pending: readonly PendingApproval[]) => void } {
  const shown = new Map<string, ChildProcess | null>();
  const open = async (question: PendingApproval) => {
    await requireProgram(powers, NOTIFY_SEND);
    if (!shown.has(question.id)) return;
    const child = powers.spawn(NOTIFY_SEND, wordsFor(question, powers.clock.now()), {
      env: environment(powers.env),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    shown.set(question.id, child);
    let said = '';
    child.on('error', () => {});
    child.stdout?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(0, 16);
    });
    child.once('close', () => {
      if (said.trim() === 'no' && shown.has(question.id)) onNo(question.id);
    });
  };
  return {
    show(pending) {
      for (const [id, child] of shown) {
        if (pending.some((question) => question.id === id)) continue;
        shown.delete(id);
        // Of the signals that end notify-send, this is the one upon which it takes the notification away.
        child?.kill('SIGINT');
      }
      if (!wanted() || !hasDesktop(powers.env)) return;
      for (const question of pending) {
        if (shown.has(question.id) || shown.size >= MAX_SHOWN) continue;
        shown.set(question.id, null);
        // Where there is no such program, there are the other ways.
        open(question).catch(() => {});
      }
    },
  };
}

function hasDesktop(env: Powers['env']): boolean {
  return Boolean(env.DBUS_SESSION_BUS_ADDRESS) && Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

function environment(env: Powers['env']): Record<string, string> {
  return Object.fromEntries(
    VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name] ?? '']])),
  );
}

function wordsFor({ id, principal, action, what, expires }: PendingApproval, now: number): readonly string[] {
  return [
    '--app-name=Axium',
    '--urgency=critical',
    `--expire-time=${Math.max(1000, Date.parse(expires) - now)}`,
    '--action=no=Reject',
    '--',
    `${principal} asks for ${action}`,
    asItStands(`${what}\naxium approve ${id}`),
  ];
}

/** By markup text could be hidden; and notify-send would make lines, and any other character, of what follows a backslash. */
function asItStands(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

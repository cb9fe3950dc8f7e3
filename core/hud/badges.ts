/** What the HUD shows of the questions that wait for a person; nothing where there are none. */
export function questionsBadge(waiting: number): readonly string[] {
  return waiting === 0 ? [] : [`[${waiting} ${waiting === 1 ? 'approval' : 'approvals'}]`];
}

/** What it shows to a session that is elevated, for so many seconds. */
export function elevationBadge(seconds: number | null): readonly string[] {
  return seconds === null ? [] : [`[elevated ${Math.ceil(seconds / 60)}m]`];
}

/** Badges as segments, which are those of the system. */
export function asSegments(badges: readonly string[]) {
  return badges.map((value) => ({ spoke: 'system', value }));
}

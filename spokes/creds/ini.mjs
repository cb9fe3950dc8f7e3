/** @typedef {ReadonlyMap<string, ReadonlyMap<string, string>>} Ini Values by key, by section. */

/**
 * Reads the INI that the AWS tools write. Never fails: a line that says nothing it knows is passed over, and so are the
 * lines that are indented deeper than the key above them, which hold nested values or go on with one. Of two values for
 * one key the later counts; sections of one name join.
 *
 * @param {string} text
 * @returns {Ini}
 */
export function parseIni(text) {
  /** @type {Map<string, Map<string, string>>} */
  const sections = new Map();
  /** @type {Map<string, string> | undefined} */
  let section;
  let keyIndent = Number.POSITIVE_INFINITY;
  for (const whole of text.split(/\r?\n/)) {
    const line = whole.trim();
    const indent = whole.length - whole.trimStart().length;
    if (line === '' || /^[#;]/.test(line) || indent > keyIndent) continue;
    const header = /^\[([^\]]*)\]/.exec(line);
    if (header) {
      const name = nameOf(header[1] ?? '');
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      keyIndent = Number.POSITIVE_INFINITY;
      continue;
    }
    keyIndent = indent;
    const at = line.indexOf('=');
    if (at > 0) section?.set(line.slice(0, at).trim().toLowerCase(), withoutComment(line.slice(at + 1)));
  }
  return sections;
}

/** A section's name with single blanks and without the quotes in which its last part may stand. */
function nameOf(/** @type {string} */ text) {
  const [, kind, name] = /^\s*(profile|sso-session)\s+(.*?)\s*$/.exec(text) ?? [];
  if (kind === undefined || name === undefined) return text.trim();
  return `${kind} ${name.replace(/^(["'])(.*)\1$/, '$2')}`;
}

/** A comment behind a value needs a blank before it: secrets may hold `#` and `;`. */
function withoutComment(/** @type {string} */ value) {
  return value.replace(/(^|\s)[#;].*$/, '').trim();
}

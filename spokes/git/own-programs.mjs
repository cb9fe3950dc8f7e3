/**
 * Settings by which `git status` runs a program of the repository's choice: what changes files on their way in, and where
 * missing objects are fetched from.
 */
const RUNS = /^(?:filter\..*\.(?:clean|process)|extensions\.partialclone|remote\..*\.promisor)$/;

/** Settings that are their user's own. */
const OF_USER = /^(?:system|global|command)$/;

/**
 * The settings by which a repository itself has programs run, in what `git config --list --name-only --show-scope` prints.
 * One that somebody else has made can come with such; those that its user has set for all repositories are theirs.
 *
 * @returns {readonly string[]}
 */
export function ownPrograms(/** @type {string} */ text) {
  const settings = text.split('\n').map((line) => {
    const [scope = '', ...name] = line.split('\t');
    return { scope, name: name.join('\t') };
  });
  return settings
    .filter(({ scope, name }) => RUNS.test(name) && !OF_USER.test(scope))
    .map(({ name }) => name);
}

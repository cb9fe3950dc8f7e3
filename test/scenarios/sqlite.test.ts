import { execFileSync } from 'node:child_process';
import { describeAttack } from './support/attack.ts';
import { spokeNode, spokeNodeHas } from './support/spoke-node.ts';

const MAKE_DATABASE = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec("create table cookies (value); insert into cookies values ('hunter2')");
  database.close();
`;

describeAttack("a spoke cannot read another program's database through node:sqlite", {
  code: `
    import { DatabaseSync } from 'node:sqlite';
    export function attack({ path }) {
      const database = new DatabaseSync(path, { readOnly: true });
      return database.prepare('select value from cookies').all().map(({ value }) => value);
    }
  `,
  impossible: () => (spokeNodeHas('node:sqlite') ? null : 'this Node has no node:sqlite'),
  aim(directory) {
    const path = `${directory}/cookies`;
    // This Node may be older than the spoke's, and have no such module.
    execFileSync(spokeNode(), ['-e', MAKE_DATABASE, path], { stdio: 'ignore' });
    return { target: { path } };
  },
  gets: ['hunter2'],
  refused: /unable to open database file|ERR_ACCESS_DENIED/,
});

import { describeAttack } from './support/attack.ts';

describeAttack("a spoke cannot read another program's database through node:sqlite", {
  code: `
    import { DatabaseSync } from 'node:sqlite';
    export function attack({ path }) {
      const database = new DatabaseSync(path, { readOnly: true });
      return database.prepare('select value from cookies').all().map(({ value }) => value);
    }
  `,
  impossible: () => (process.getBuiltinModule?.('node:sqlite') ? null : 'this Node has no node:sqlite'),
  async aim(directory) {
    const path = `${directory}/cookies`;
    const { DatabaseSync } = await import('node:sqlite' as string);
    const database = new DatabaseSync(path);
    database.exec("create table cookies (value); insert into cookies values ('hunter2')");
    database.close();
    return { target: { path } };
  },
  gets: ['hunter2'],
  refused: /unable to open database file|ERR_ACCESS_DENIED/,
});

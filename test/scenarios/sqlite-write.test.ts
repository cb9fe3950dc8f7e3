import { existsSync } from 'node:fs';
import { describeAttack } from './support/attack.ts';
import { spokeNodeHas } from './support/spoke-node.ts';

describeAttack('a spoke cannot write a file through node:sqlite', {
  code: `
    import { DatabaseSync } from 'node:sqlite';
    const WAYS = {
      create: (path) => new DatabaseSync(path).exec('create table planted (value)'),
      copy: (path) => new DatabaseSync(':memory:').exec("vacuum into '" + path + "'"),
      attach: (path) => new DatabaseSync(':memory:').exec("attach '" + path + "' as other; create table other.planted (value)"),
    };
    export function attack({ path }) {
      const refused = [];
      for (const [name, way] of Object.entries(WAYS)) {
        try {
          way(path);
          return name;
        } catch (error) {
          refused.push(error.message);
        }
      }
      throw new Error(refused.join());
    }
  `,
  impossible: () => (spokeNodeHas('node:sqlite') ? null : 'this Node has no node:sqlite'),
  aim(directory) {
    const path = `${directory}/planted`;
    return { target: { path }, harmed: () => existsSync(path) };
  },
  gets: 'create',
  refused: /^undefined [^,]*unable to open[^,]*(?:,[^,]*unable to open[^,]*){2}$/,
});

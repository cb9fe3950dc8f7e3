import { shortPath } from '../../schemas/places.ts';
import { visibleText } from '../../schemas/visible-text.ts';
import type { Run } from '../commands.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonText } from '../json-text.ts';
import { runCheck } from '../run-check.ts';

/** What is wrong with permissions.yaml ends with 65; what does nothing in it, or does much, is told. */
export const run: Run = async (context, { options }) => {
  const { ok, problems, warnings } = await runCheck(context, 'lint');
  const { places, home, print } = context;
  const file = shortPath(places.permissionsFile, home);
  if (options.json) await print(jsonText({ ok, problems, warnings }));
  else if (ok) {
    const lines = warnings.map((warning) => `${visibleText(warning.replaceAll(`${home}/`, '~/'))}\n`);
    await print(lines.length === 0 ? `${file}: nothing to say\n` : lines.join(''));
  }
  if (!ok)
    throw new CliError(
      EXIT.badYaml,
      options.json ? '' : `${file} is not valid:`,
      options.json ? [] : problems,
    );
};

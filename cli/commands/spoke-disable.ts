import { setBundled } from '../bundled-spokes.ts';
import type { Run } from '../commands.ts';

export const run: Run = (context, { args: [name = ''] }) => setBundled(context, name, false);

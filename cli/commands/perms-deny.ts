import { changeRule } from '../change-rule.ts';
import type { Run } from '../commands.ts';

export const run: Run = (context, call) => changeRule(context, 'deny', call);

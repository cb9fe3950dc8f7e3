import { AxiumError } from '../../../core/errors.ts';

const systemError = Object.assign(new Error('secret text'), { code: 'EIO' });

/** What an error becomes on its way to the spoke, and whether the daemon log has to tell of it. */
export const ERRORS = [
  [new AxiumError('quota', 'all is used up'), 'quota', 'all is used up', 0],
  [systemError, 'unavailable', 'the system refused it (EIO)', 0],
  [new TypeError('secret text'), 'internal', 'a defect of Axium; see its log', 1],
  ['secret text', 'internal', 'a defect of Axium; see its log', 1],
  [undefined, 'internal', 'a defect of Axium; see its log', 1],
] as const;

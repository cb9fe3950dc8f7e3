import { describeBounds } from './support/describe-bounds.ts';

describeBounds(40);

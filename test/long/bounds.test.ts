import { describeBounds } from '../policy/support/describe-bounds.ts';

describeBounds(1000);

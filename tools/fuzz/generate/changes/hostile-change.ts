import fc from 'fast-check';
import { bodyChanges } from './body-changes';
import type { Change } from './change';
import { deliveryChanges } from './delivery-changes';
import { headerChanges } from './header-changes';
import { hugeBody, rawBodyChanges } from './raw-body-changes';
import { methodChange, targetChanges } from './target-changes';

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 40, arbitrary: bodyChanges },
  { weight: 12, arbitrary: rawBodyChanges },
  { weight: 16, arbitrary: headerChanges },
  { weight: 14, arbitrary: targetChanges },
  { weight: 4, arbitrary: methodChange },
  { weight: 8, arbitrary: deliveryChanges },
);

/** One hostile change; what is too dear to be sent often is seldom. */
export const hostileChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 499, arbitrary: change },
  { weight: 1, arbitrary: hugeBody },
);

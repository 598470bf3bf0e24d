import type { Defect } from './defect';
import { BUDGETS } from './themes/budgets';
import { CLUSTERS } from './themes/clusters';
import { CREDIT_LINES } from './themes/credit-lines';
import { DATABASES } from './themes/databases';
import { EMPTY_SHARDS } from './themes/empty-shards';
import { FEED } from './themes/feed';
import { HOLD_LISTS } from './themes/hold-lists';
import { HOLDS_AND_REVERSALS } from './themes/holds-and-reversals';
import { INTAKE } from './themes/intake';
import { LASTING_HOLDS } from './themes/lasting-holds';
import { LEASES } from './themes/leases';
import { LEVEL_DEFECTS } from './themes/levels';
import { MONEY_BETWEEN_SHARDS } from './themes/money-between-shards';
import { ONE_EFFECT_PER_KEY } from './themes/one-effect-per-key';
import { PAYMENTS } from './themes/payments';
import { PLACEMENTS_AND_STATUSES } from './themes/placements-and-statuses';
import { QUEUED } from './themes/queued';
import { READINGS_AND_REFUSALS } from './themes/readings-and-refusals';
import { SCREENING } from './themes/screening';
import { SELF_SPLIT } from './themes/self-split';
import { WITHOUT_THE_DIRECTORY } from './themes/without-the-directory';

/**
 * Each breaks one rule of how the product handles money. The simulator must find every one. A new one goes into the file of
 * its theme; a theme that is not there yet gets a file of its own.
 */
export const DEFECTS: readonly Defect[] = [
  ...ONE_EFFECT_PER_KEY,
  ...MONEY_BETWEEN_SHARDS,
  ...READINGS_AND_REFUSALS,
  ...PLACEMENTS_AND_STATUSES,
  ...HOLDS_AND_REVERSALS,
  ...PAYMENTS,
  ...BUDGETS,
  ...CREDIT_LINES,
  ...HOLD_LISTS,
  ...LASTING_HOLDS,
  ...LEASES,
  ...INTAKE,
  ...QUEUED,
  ...SCREENING,
  ...WITHOUT_THE_DIRECTORY,
  ...DATABASES,
  ...EMPTY_SHARDS,
  ...CLUSTERS,
  ...FEED,
  ...LEVEL_DEFECTS,
  ...SELF_SPLIT,
];

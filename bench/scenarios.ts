import { hot } from './hot/hot';
import type { Scenario } from './scenario';

/** In the order in which they run when none is named. */
export const SCENARIOS: readonly Scenario[] = [hot];

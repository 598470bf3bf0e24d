import { cold } from './cold/cold';
import { consolePage } from './console/console';
import { exhaustion } from './exhaustion/exhaustion';
import { growth } from './growth/growth';
import { hot } from './hot/hot';
import { scaleOut } from './scale-out/scale-out';
import { strategies } from './strategies/strategies';
import type { Scenario } from './scenario';

/** In the order in which they run when none is named. */
export const SCENARIOS: readonly Scenario[] = [
  hot,
  scaleOut,
  exhaustion,
  strategies,
  growth,
  cold,
  consolePage,
];

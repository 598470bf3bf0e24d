import type { Command } from 'commander';
import type { Goal } from './report/goals';
import type { RunRecord } from './report/run-record';
import type { Cleanups } from '../kernel/cleanups';
import type { Servers } from './stage/store-kind';

/** What a scenario came to. */
export interface ScenarioResult {
  readonly runs: readonly RunRecord[];
  /** By name, such as `mariadb-2 merged @512 / atomic`. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
  /** Servers that the scenario had to itself, described. */
  readonly databases?: readonly string[];
}

/** What a scenario is given. */
export interface Surroundings {
  readonly servers: Servers;
  readonly cleanups: Cleanups;
  readonly print: (text: string) => void;
}

/** One question put to the product, with the yardsticks that its answer is compared with in the same run. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** Adds the scenario's own options; without any given, the whole scenario runs. */
  addOptions(command: Command): void;
  run(options: Readonly<Record<string, unknown>>, surroundings: Surroundings): Promise<ScenarioResult>;
}

import type { FaultPoint } from '../../../src/engine/fault-points';
import type { EngineObserver } from '../../../src/engine/observer';
import type { LedgerModel } from '../model/ledger-model';
import type { Hazards } from '../faults/weather';
import type { Dice } from '../../kernel/dice';
import type { Coverage } from './coverage';
import type { SimDatabase } from './sim-database';
import type { SimScreening } from './sim-screening';
import type { DirectoryServer } from './sim-directory';
import type { Owner, Timeline } from './timeline';

/** One end of the lines to the databases: an instance, as far as they are concerned. */
export interface LineEnd extends Owner {
  readonly name: string;
  isCutOffFrom(database: string): boolean;
  /** By shard: until when answers to it are lost. */
  readonly hearsNothingUntil: ReadonlyMap<string, number>;
  cutOff(database: string, isCut: boolean): void;
  stall(ms: number): void;
  kill(): void;
  readonly stalls: number;
}

/** What an instance sees of the world it lives in. */
export interface InstanceWorld {
  readonly chance: Dice;
  readonly timeline: Timeline;
  readonly coverage: Coverage;
  readonly directory: DirectoryServer;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Databases may be empty under the name of a shard, so instances look whose they are. */
  readonly guardsIdentity: boolean;
  /** The operator's screening service, where there is one. */
  readonly screening: SimScreening | undefined;
  database(name: string): SimDatabase;
  hazardsOf(database: string): Hazards;
  /** An instance has changed an account: the others may hear of it, sooner or later. */
  announce(from: LineEnd, accountId: string): void;
  /** Something is broken now, or stands still until then. */
  troubled(untilMs?: number): void;
  /** An instance has stopped in order: what it answered must be written or told. */
  readonly model: Pick<LedgerModel, 'hasStopped' | 'violated' | 'sizes'>;
  /** Whether instances decide about the sizes of accounts by themselves just now. */
  readonly splitsItself: boolean;
  observerFor(instance: string): EngineObserver;
  /** What happens to an instance at a place between two steps; nothing when it answers nothing. */
  atPoint: (instance: LineEnd, point: FaultPoint) => Promise<void> | undefined;
}

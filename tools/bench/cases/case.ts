import type { CpuProfile } from '../measure/cpu-profile';
import type { Measurement } from '../measure/measurement';
import type { Stage } from '../measure/stage-clock';

export interface MemoryMb {
  readonly start: number;
  readonly peak: number;
  readonly end: number;
}

/** Shard transactions of a round: how many commands they merged and how long they took, on average. */
export interface BatchFigures {
  readonly commands: number;
  readonly ms: number;
}

/** What a scenario counts besides, by name; the unit is part of the name. */
export type Figures = Readonly<Record<string, number>>;

/** One round of one case, audited. */
export interface Round extends Measurement {
  readonly audit: string;
  /**
   * Processor time of the process under test for one request: of the service, or of engine and load together. What
   * other programs take from the machine slows the rate and leaves this nearly alone.
   */
  readonly cpuMicrosPerOp: number;
  /** Resident memory of the service process, where the case has one. */
  readonly rssMb?: MemoryMb;
  readonly profile?: CpuProfile;
  /** Where the time of one request went; the last is the whole. */
  readonly stages?: readonly Stage[];
  /** How the product merged what came in, over the whole round. */
  readonly batches?: BatchFigures;
  readonly figures?: Figures;
}

/** What is measured. */
export interface Subject {
  readonly name: string;
  readonly store: string;
  readonly shards: number;
  readonly subAccounts: number;
  readonly inFlight: number;
  /** The rate is given, so that its rounds differ by their latencies. */
  readonly paced?: boolean;
}

/** Something to be measured, as often as it takes. */
export interface Case extends Subject {
  measure(): Promise<Round>;
}

export interface MeasuredCase {
  readonly case: Subject;
  readonly rounds: readonly Round[];
}

import type { EngineObserver } from '../../../src/engine/observer';
import type { BatchFigures } from './case';

/** Rounds of the collector. A request that takes several rounds is counted in each. */
export interface CollectorCounts {
  readonly rounds: number;
  readonly lockedRounds: number;
  readonly requests: number;
}

/** What the strategies that carry out one deduction at a time needed beside it. */
export interface DeductionCounts {
  /** Further tries. */
  readonly retries: number;
  /** Left to a lane. */
  readonly handedOver: number;
}

/** Listens to the engine: counts its batches and rounds, and says so when something goes wrong that should not. */
export class BatchCounter implements EngineObserver {
  readonly shardState = (): void => undefined;
  readonly clockSkew = (): void => undefined;
  readonly accountSetAside = (): void => undefined;
  readonly databaseFault = (): void => undefined;
  readonly databaseRoom = (): void => undefined;
  readonly shardRefused = (): void => undefined;
  readonly shardNotAdded = (): void => undefined;
  readonly shardBegunAnew = (): void => undefined;
  readonly flushed = (): void => undefined;
  readonly deferred = (): void => undefined;
  readonly published = (): void => undefined;
  readonly sent = (): void => undefined;
  readonly directoryAsked = (): void => undefined;
  readonly undelivered = (): void => undefined;
  readonly received = (): void => undefined;
  readonly workedOff = (): void => undefined;
  readonly intakeLevel = (): void => undefined;
  readonly screened = (): void => undefined;
  readonly screeningFailed = (): void => undefined;
  readonly screeningCall = (): void => undefined;
  readonly screeningState = (): void => undefined;
  #batches = 0;
  #commands = 0;
  #seconds = 0;
  #deductions = { retries: 0, handedOver: 0 };
  #collector = { rounds: 0, lockedRounds: 0, requests: 0 };

  deducted({ result, tries }: { result: string; tries: number }): void {
    this.#deductions.retries += tries - 1;
    if (result === 'handOver') this.#deductions.handedOver += 1;
  }

  batchDone({ commands, seconds }: { commands: number; seconds: number }): void {
    this.#batches += 1;
    this.#commands += commands;
    this.#seconds += seconds;
  }

  collected({ requests, locked }: { requests: number; locked: boolean }): void {
    this.#collector.rounds += 1;
    this.#collector.requests += requests;
    if (locked) this.#collector.lockedRounds += 1;
  }

  shortfall(lost: { requestId: string; reason: string }): void {
    console.error(`answered and not charged: ${lost.requestId}, ${lost.reason}`);
  }

  defect(incident: string, error: unknown): void {
    console.error(`defect ${incident}:`, error);
  }

  reset(): void {
    this.#batches = this.#commands = this.#seconds = 0;
    this.#collector = { rounds: 0, lockedRounds: 0, requests: 0 };
    this.#deductions = { retries: 0, handedOver: 0 };
  }

  get figures(): BatchFigures {
    const batches = Math.max(1, this.#batches);
    return { commands: this.#commands / batches, ms: (this.#seconds * 1_000) / batches };
  }

  get deductions(): DeductionCounts {
    return { ...this.#deductions };
  }

  get collector(): CollectorCounts {
    return { ...this.#collector };
  }
}

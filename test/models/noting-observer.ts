import type { EngineObserver, Undelivered } from '../../src/engine/observer';
import type { DatabaseRefusedError } from '../../src/shards/faults';

/** Keeps what the engine reports of itself. */
export class NotingObserver implements EngineObserver {
  readonly batches: { shard: string; lane: number; commands: number; seconds: number }[] = [];
  readonly shardStates: [string, 'up' | 'down'][] = [];
  readonly defects: { incident: string; error: unknown }[] = [];
  readonly deductions: { strategy: string; result: string; tries: number }[] = [];
  readonly flushes: Parameters<EngineObserver['flushed']>[0][] = [];
  readonly shortfalls: Parameters<EngineObserver['shortfall']>[0][] = [];
  readonly rounds: { requests: number; locked: boolean }[] = [];
  readonly deferrals: string[] = [];
  readonly aside: [string, 'aside' | 'back'][] = [];
  readonly skews: Parameters<EngineObserver['clockSkew']>[0][] = [];
  readonly faults: Parameters<EngineObserver['databaseFault']>[0][] = [];
  readonly rooms: [string, boolean][] = [];
  readonly refusals: [string, string | undefined][] = [];
  readonly notAdded: string[] = [];
  readonly begunAnew: [string, string][] = [];
  readonly screeningFailures: string[] = [];
  readonly screeningCalls: string[] = [];
  readonly screeningStates: boolean[] = [];
  readonly undeliveries: Undelivered[] = [];

  batchDone(batch: { shard: string; lane: number; commands: number; seconds: number }): void {
    this.batches.push(batch);
  }

  deducted(deduction: { strategy: string; result: string; tries: number }): void {
    this.deductions.push(deduction);
  }

  flushed(flush: Parameters<EngineObserver['flushed']>[0]): void {
    this.flushes.push(flush);
  }

  shortfall(lost: Parameters<EngineObserver['shortfall']>[0]): void {
    this.shortfalls.push(lost);
  }

  shardState(shard: string, up: boolean): void {
    this.shardStates.push([shard, up ? 'up' : 'down']);
  }

  databaseFault(fault: Parameters<EngineObserver['databaseFault']>[0]): void {
    this.faults.push(fault);
  }

  databaseRoom(database: string, isFull: boolean): void {
    this.rooms.push([database, isFull]);
  }

  clockSkew(skew: Parameters<EngineObserver['clockSkew']>[0]): void {
    this.skews.push(skew);
  }

  shardRefused(shard: string, error: DatabaseRefusedError | undefined): void {
    this.refusals.push([shard, error?.code]);
  }

  shardNotAdded(shard: string): void {
    this.notAdded.push(shard);
  }

  shardBegunAnew(shard: string, incarnation: string): void {
    this.begunAnew.push([shard, incarnation]);
  }

  accountSetAside({ accountId, isAside }: { accountId: string; isAside: boolean }): void {
    this.aside.push([accountId, isAside ? 'aside' : 'back']);
  }

  defect(incident: string, error: unknown): void {
    this.defects.push({ incident, error });
  }

  collected(round: { requests: number; locked: boolean }): void {
    this.rounds.push(round);
  }

  deferred(work: string): void {
    this.deferrals.push(work);
  }

  received(): void {
    // Nobody has asked yet.
  }

  workedOff(): void {
    // Nobody has asked yet.
  }

  intakeLevel(): void {
    // Nobody has asked yet.
  }
  published(): void {}
  sent(): void {}
  directoryAsked(): void {}

  screened(): void {
    // Nobody has asked yet.
  }

  screeningFailed({ code }: { readonly code: string }): void {
    this.screeningFailures.push(code);
  }

  screeningCall({ result }: { readonly result: string }): void {
    this.screeningCalls.push(result);
  }

  screeningState(isAsked: boolean): void {
    this.screeningStates.push(isAsked);
  }

  undelivered(found: Undelivered): void {
    this.undeliveries.push(found);
  }
}

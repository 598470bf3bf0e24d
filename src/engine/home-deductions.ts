import type { DeductCommand } from '../ledger/command';
import type { DeductionResult, DeductionWay } from '../shards/deduction-way';
import { isForWantOfRoom, ShardContendedError, ShardUnavailableError } from '../shards/faults';
import { earlierUse } from './earlier-use';
import type { LaneOutcome } from './engine-outcome';
import type { HeatMeter } from './heat/heat-meter';
import type { EngineObserver } from './observer';
import type { ShardSet } from './shard-set';

export interface HomeDeductionsParts {
  readonly shards: ShardSet;
  /** By strategy; an account whose strategy is not among them is carried out by the lanes. */
  readonly ways: ReadonlyMap<string, DeductionWay>;
  readonly observer: EngineObserver;
  /** Counts whom deductions are carried out for. */
  readonly meter?: Pick<HeatMeter, 'transactionEnded'> | undefined;
  readonly now: () => number;
  readonly newId: () => string;
}

/**
 * Deductions at their home, the way the account's strategy says. Whatever is not a plain success is left to the lanes,
 * which look the key up before anything is refused, draw on the row's siblings, make missing rows and know how to wait
 * for a shard: so every strategy ends in the same outcomes.
 */
export class HomeDeductions {
  #underWay = 0;
  #onIdle: (() => void)[] = [];

  constructor(private readonly parts: HomeDeductionsParts) {}

  /** Resolves with the outcome once it is durable, or with why there is none; never rejects. */
  deduct(shard: string, command: DeductCommand, strategy: string): Promise<LaneOutcome> {
    const { shards, ways } = this.parts;
    const way = ways.get(strategy);
    // Of an account that somebody else has locked, no session of those that all share is kept waiting.
    return way && !shards.lanes(shard).isSetAside(command.accountId)
      ? this.#deductCounted(shard, command, way)
      : shards.lanes(shard).submit(command);
  }

  async #deductCounted(shard: string, command: DeductCommand, way: DeductionWay): Promise<LaneOutcome> {
    if (this.parts.shards.lanes(shard).isDown) return { kind: 'shardUnavailable', shard };
    this.#underWay += 1;
    try {
      return await this.#deductOnce(shard, command, way);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  whenIdle(): Promise<void> {
    return this.#underWay > 0 ? new Promise((resolve) => this.#onIdle.push(resolve)) : Promise.resolve();
  }

  async #deductOnce(shard: string, command: DeductCommand, way: DeductionWay): Promise<LaneOutcome> {
    const { shards, observer, meter, now, newId } = this.parts;
    const begun = now();
    try {
      const result = await shards.shard(shard).deduct(command, way);
      meter?.transactionEnded(command.accountId, (now() - begun) / 1_000);
      observer.deducted({ strategy: way.name, result: result.kind, tries: result.tries });
      return await this.#outcome(shard, command, result);
    } catch (error) {
      if (error instanceof ShardUnavailableError)
        return {
          kind: 'shardUnavailable',
          shard,
          ...(isForWantOfRoom(error) && { isForWantOfRoom: true }),
        };
      if (error instanceof ShardContendedError) return { kind: 'overloaded', shard };
      const incident = newId();
      observer.defect(incident, error);
      return { kind: 'failed', incident };
    }
  }

  async #outcome(shard: string, command: DeductCommand, result: DeductionResult): Promise<LaneOutcome> {
    const { shards } = this.parts;
    switch (result.kind) {
      case 'committed':
        return { kind: 'applied', entry: result.entry, departures: [] };
      case 'found':
        return earlierUse(command, result.entry, shards.shard(shard));
      case 'contended':
        return { kind: 'overloaded', shard };
      case 'handOver': {
        const lanes = shards.lanes(shard);
        const outcome = await (result.isLocked ? lanes.submitAside(command) : lanes.submit(command));
        // "Overloaded" promises that nothing was done.
        return result.mayHaveCommitted && outcome.kind === 'overloaded'
          ? { kind: 'shardUnavailable', shard }
          : outcome;
      }
    }
  }
}

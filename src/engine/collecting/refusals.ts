import type { AccountRecord } from '../../shards/directory/account-record';
import { DirectoryUnavailableError } from '../../shards/directory/directory';
import { InvariantViolation, ShardContendedError, ShardUnavailableError } from '../../shards/faults';
import { earlierUse } from '../earlier-use';
import type { KeyLookUps } from '../key-look-ups';
import { balanceOf, heldStill, isOutrun, type Reading, readReach } from '../reading';
import type { ShardSet } from '../shard-set';
import type { Homed } from './waiting';

export interface RefusalParts {
  readonly shards: ShardSet;
  readonly lookUps: KeyLookUps;
  /** Readings of a round that tries to find the account at rest. */
  readonly passesMax: number;
}

/** What was found to be too little. */
export interface Short {
  readonly availableMinor: bigint;
  /** More is held by leases. */
  readonly isLent: boolean;
}

/** Refuses for funds: only what the whole account could not pay at one instant, and what has not taken effect by then. */
export class Refusals {
  constructor(private readonly parts: RefusalParts) {}

  /**
   * A reading that is true of one instant between the first one and now; `undefined` when the account does not hold still
   * or cannot be read.
   */
  async atRest(
    account: AccountRecord,
    first: Reading,
  ): Promise<{ readonly reading: Reading; readonly isLent: boolean } | undefined> {
    let before = first;
    for (let pass = 1; pass < this.parts.passesMax; pass += 1) {
      // Between the two readings: whoever takes a lease or gives one back disturbs them.
      const isLent = await this.#isLentIfReadable(account, balanceOf(before).heldMinor);
      if (isLent === undefined) return undefined;
      const after = await readReach(this.parts.shards, account);
      if (after.unreadable.length > 0 || isOutrun(after, account)) return undefined;
      if (heldStill(before, after)) return { reading: after, isLent };
      before = after;
    }
    return undefined;
  }

  /**
   * Whether any of what is held is in leases.
   *
   * Rejects with `ShardUnavailableError` when that cannot be read.
   */
  async isLent({ accountId, reach }: AccountRecord, heldMinor: bigint): Promise<boolean> {
    if (heldMinor === 0n) return false;
    const leases = await Promise.all(
      reach.map((shard) => this.parts.shards.shard(shard).openLeases(accountId)),
    );
    return leases.some((some) => some.length > 0);
  }

  async #isLentIfReadable(account: AccountRecord, heldMinor: bigint): Promise<boolean | undefined> {
    try {
      return await this.isLent(account, heldMinor);
    } catch (error) {
      if (error instanceof ShardUnavailableError) return undefined;
      throw error;
    }
  }

  /** Refuses deductions that are more than the account had at the instant of a reading. */
  async refuse(refused: readonly Homed[], still: Reading, isLent: boolean): Promise<void> {
    const short = { availableMinor: balanceOf(still).availableMinor, isLent };
    const inactive = [...still.parts.values()].some(({ inactiveRows }) => inactiveRows > 0);
    await Promise.all(
      refused.map((each) => (inactive ? this.askHome(each, short) : this.tellShort(each, short))),
    );
  }

  /**
   * Refuses one for funds, unless its key took effect at home by now or some of the account's money is lent. At past homes it was looked up when it was routed, by
   * the placement that the account still has, and nothing is added there. Never rejects.
   */
  async tellShort({ waiting, shard: home }: Homed, { availableMinor, isLent }: Short): Promise<void> {
    if (isLent) {
      waiting.resolve({ shard: home, outcome: { kind: 'lent' } });
      return;
    }
    const { requestId, accountId } = waiting.request;
    try {
      const entry = await this.parts.lookUps.find(home, accountId, requestId);
      if (!entry && availableMinor < 0n)
        throw new InvariantViolation(`account ${accountId} has ${availableMinor} available`);
      const outcome = entry
        ? await earlierUse(waiting.request, entry, this.parts.shards.shard(home))
        : ({ kind: 'insufficientFunds', availableMinor } as const);
      waiting.resolve({ shard: home, outcome });
    } catch (error) {
      if (error instanceof ShardUnavailableError || error instanceof DirectoryUnavailableError)
        waiting.resolve({ shard: home, outcome: { kind: 'shardUnavailable', shard: home } });
      else if (error instanceof ShardContendedError)
        waiting.resolve({ shard: home, outcome: { kind: 'overloaded', shard: home } });
      else waiting.reject(error);
    }
  }

  /** Some rows know of a status that refuses before any question of funds: home says which. */
  async askHome(homed: Homed, short: Short): Promise<void> {
    const { shard, command, waiting } = homed;
    const outcome = await this.parts.shards.lanes(shard).submit(command);
    if (outcome.kind === 'insufficientFunds') await this.tellShort(homed, short);
    else waiting.resolve({ shard, outcome });
  }
}

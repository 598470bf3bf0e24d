import { type Hold, isInStep } from '../ledger/hold';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** How often a hold is read that changes while it is compared. */
const READINGS_MAX = 5;

/** Compares what stands of holds in accounts with what stands of them in budgets, both ways. */
export class BudgetedHolds {
  /** @param of the account that the allowance belongs to whose holds these are; `undefined` where it is an account */
  constructor(
    private readonly shard: Pick<Shard, 'name' | 'findHold'>,
    private readonly of: string | undefined,
    private readonly found: Found,
  ) {}

  /** Those that have ended are added up from their entries. */
  async add(hold: Hold): Promise<void> {
    if (hold.state !== 'held') return;
    const others =
      this.of === undefined ? (hold.charges ?? []).map(({ allowanceId }) => allowanceId) : [this.of];
    for (const other of others) await this.#judge(hold, other);
  }

  /** What was read between two readings that are the same is of one instant with them: a hold never goes back to what it was. */
  async #judge(hold: Hold, accountId: string): Promise<void> {
    const { holdId } = hold;
    let before = hold;
    for (let readings = 1; readings <= READINGS_MAX; readings += 1) {
      const other = await this.shard.findHold(accountId, holdId);
      const after = await this.shard.findHold(hold.accountId, holdId);
      if (after?.state !== 'held' || (other && isInStep(after, other))) return;
      if (isInStep(before, after)) {
        this.#tell(after, accountId, other);
        return;
      }
      before = after;
    }
  }

  #tell(hold: Hold, accountId: string, other: Hold | undefined): void {
    this.found.add([
      {
        invariant: 'budgetsHoldAlike',
        accountId: hold.accountId,
        shard: this.shard.name,
        subAccount: hold.subAccount,
        detail: `hold "${hold.holdId}" and ${accountId}`,
        expected: `held ${hold.amountMinor}`,
        found: other ? `${other.state} ${other.amountMinor}` : 'none',
      },
    ]);
  }
}

import type { Charge, ChargeAsked } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import { factsOf } from '../../shards/directory/budget-store';
import type { AccountCache } from '../account-cache';
import type { Told } from '../across-fences';
import type { ShortCharge } from '../collecting/waiting';
import type { Rebalancer } from '../rebalancer';
import { type PlainRequest, routeToHome } from '../router';
import type { ShardSet } from '../shard-set';

/** How long money is brought for one deduction of which others take it away again. */
const COLLECT_MS_MAX = 5_000;

export interface ChargedDeductionParts {
  readonly shards: ShardSet;
  readonly accounts: Pick<AccountCache, 'peek' | 'read'>;
  readonly rebalancer: Pick<Rebalancer, 'note'>;
  readonly now: () => number;
  /** Brings what home lacks, or refuses what the account or the allowance could not pay at one instant. */
  readonly collect: (
    request: PlainRequest | ShortCharge,
    shard: string,
    account: AccountRecord,
  ) => Promise<Told>;
}

/** A deduction whose allowances are known. */
export type BudgetedRequest = PlainRequest & { readonly budgets: readonly Charge[] };

const notSpread = (): string => {
  throw new TypeError('deductions are not spread');
};

/**
 * Carries a deduction out in its account and all of its budgets: one command, decided at the home of its request id, where every
 * allowance has its rows beside those of the account. Whichever of them is short there gets its money brought home, one after the
 * other; what is brought commits with the deduction if nothing else is missing by then.
 */
export class ChargedDeductions {
  constructor(private readonly parts: ChargedDeductionParts) {}

  /** @returns also `allowanceUnsettled`, before anything else was asked, and `allowanceShort` */
  async execute(request: BudgetedRequest, account: AccountRecord): Promise<Told> {
    const { shards, rebalancer } = this.parts;
    const asked = await this.#askedOf(request.budgets, account);
    if (!Array.isArray(asked)) return { shard: '', outcome: asked };
    const charged: PlainRequest = { ...request, charges: asked };
    const { shard, command } = routeToHome(charged, account, { newId: notSpread });
    if (command.kind !== 'deduct') throw new TypeError(`budgets are not charged by a ${command.kind}`);
    await shards.ensure([shard]);
    if (!shards.has(shard)) return { shard, outcome: { kind: 'shardUnavailable', shard } };
    if (account.subAccounts > 1) rebalancer.note(account.accountId);

    let told: Told = { shard, outcome: await shards.lanes(shard).submit(command) };
    const until = this.parts.now() + COLLECT_MS_MAX;
    for (;;) {
      const { outcome } = told;
      if (outcome.kind === 'fenced' && outcome.fencedBy !== undefined)
        await this.parts.accounts.read(outcome.fencedBy);
      if (outcome.kind !== 'insufficientFunds') return told;
      // Only now: what came in the last moment has taken effect.
      if (this.parts.now() > until) return { shard, outcome: { kind: 'overloaded', shard } };
      const { shortOf } = outcome;
      if (shortOf === undefined) {
        told = await this.parts.collect(charged, shard, account);
        // The collector tells that the account itself is short only when it has proved it.
        if (told.outcome.kind === 'insufficientFunds' && told.outcome.shortOf === undefined) return told;
      } else {
        const { amountMinor } = request;
        const short = {
          kind: 'charge',
          accountId: shortOf,
          shard,
          request: charged,
          command,
          amountMinor,
        } as const;
        told = await this.parts.collect(short, shard, await this.#allowance(shortOf, account));
      }
    }
  }

  /** The charges by their newest steps; or the allowance that is not ready to be charged. */
  async #askedOf(
    budgets: readonly Charge[],
    account: AccountRecord,
  ): Promise<ChargeAsked[] | { readonly kind: 'allowanceUnsettled'; readonly allowanceId: string }> {
    const asked: ChargeAsked[] = [];
    for (const charge of budgets) {
      const { allowanceId } = charge;
      const known = this.parts.accounts.peek(allowanceId);
      const allowance = isCurrent(known, account) ? known : await this.parts.accounts.read(allowanceId);
      if (!allowance || !isSettled(allowance)) return { kind: 'allowanceUnsettled', allowanceId };
      asked.push({ ...charge, step: allowance.placement.epoch });
    }
    return asked;
  }

  async #allowance(allowanceId: string, account: AccountRecord): Promise<AccountRecord> {
    const allowance = this.parts.accounts.peek(allowanceId) ?? (await this.parts.accounts.read(allowanceId));
    if (!allowance) throw new RangeError(`${allowanceId} of ${account.accountId} is gone`);
    return allowance;
  }
}

/**
 * Whether an allowance was read when its account already had the size and the placement that it is routed by here. An older reading
 * may have missed a step whose fence did not reach the rows that have come since.
 */
function isCurrent(allowance: AccountRecord | undefined, account: AccountRecord): allowance is AccountRecord {
  return allowance !== undefined && allowance.operation >= account.operation;
}

function isSettled(allowance: AccountRecord): boolean {
  const { pending, isDeleted } = factsOf(allowance);
  return pending.length === 0 && !isDeleted;
}

import type { Charge } from '../../ledger/allowance';
import type { AccountRecord } from '../../shards/directory/account-record';
import type { AccountCache } from '../account-cache';
import type { Told } from '../across-fences';
import type { ShortCharge } from '../collecting/waiting';
import type { Rebalancer } from '../rebalancer';
import { type Request, routeToHome } from '../router';
import type { ShardSet } from '../shard-set';
import { isUnsettled, newestSteps, openedAllowance } from './newest-steps';

/** How long money is brought for one deduction of which others take it away again. */
const COLLECT_MS_MAX = 5_000;

export interface ChargedDebitParts {
  readonly shards: ShardSet;
  readonly accounts: Pick<AccountCache, 'peek' | 'read'>;
  readonly rebalancer: Pick<Rebalancer, 'note'>;
  readonly now: () => number;
  /** Brings what home lacks, or refuses what the account or the allowance could not pay at one instant. */
  readonly collect: (request: Request | ShortCharge, shard: string, account: AccountRecord) => Promise<Told>;
}

/** A deduction or a hold whose allowances are known. */
export type BudgetedRequest = Request & { readonly budgets: readonly Charge[] };

const notSpread = (): string => {
  throw new TypeError('deductions and holds are not spread');
};

/**
 * Carries a deduction or a hold out in its account and all of its budgets: one command, decided at the home of its request id, where
 * every allowance has its rows beside those of the account. Whichever of them is short there gets its money brought home, one after
 * the other; what is brought commits with the command if nothing else is missing by then.
 */
export class ChargedDebits {
  constructor(private readonly parts: ChargedDebitParts) {}

  /** @returns also `allowanceUnsettled`, before anything else was asked, and `allowanceShort` */
  async execute(request: BudgetedRequest, account: AccountRecord): Promise<Told> {
    const { shards, rebalancer } = this.parts;
    const steps = await newestSteps(this.parts.accounts, request.budgets, account);
    if (isUnsettled(steps)) return { shard: '', outcome: steps };
    const charged: Request = { ...request, charges: steps };
    const { shard, command } = routeToHome(charged, account, { newId: notSpread });
    if (command.kind !== 'deduct' && command.kind !== 'hold')
      throw new TypeError(`budgets are not charged by a ${command.kind}`);
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
        told = await this.parts.collect(short, shard, await openedAllowance(this.parts.accounts, shortOf));
      }
    }
  }
}

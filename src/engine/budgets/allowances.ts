import { allowanceStepKey } from '../../ledger/allowance';
import type { AccountRecord, AllowanceStep } from '../../shards/directory/account-record';
import { type BudgetStore, factsOf, type NewAllowance } from '../../shards/directory/budget-store';
import { ShardContendedError, ShardUnavailableError } from '../../shards/faults';
import type { AccountCache } from '../account-cache';
import type { EngineOutcome } from '../engine-outcome';
import { fingerprint } from '../fingerprint';
import { tellRows } from '../operations/tell-rows';
import type { PlainRequest } from '../router';
import type { ShardSet } from '../shard-set';
import { SharedRuns } from '../shared-runs';

/** Steps that the shards may not have, at once: a budget whose limit is lowered below what is spent, again and again. */
const PENDING_MAX = 32;

const TRIES_MAX = 20;

export interface AllowanceParts {
  readonly budgets: Pick<BudgetStore, 'openAllowance' | 'decideStep' | 'settle'>;
  readonly accounts: Pick<AccountCache, 'read'>;
  readonly shards: ShardSet;
  readonly submit: (request: PlainRequest, account: AccountRecord) => Promise<EngineOutcome>;
}

/**
 * Opens what budgets may spend in a period, and brings it to what its budget says.
 *
 *     directory: opened with its limit, pending     ──credit under the step's key──▶ not pending
 *     directory: next step decided, pending         ──more:  credit under the step's key──▶ not pending
 *                                                   ──less:  fence, then debit under the step's key──▶ not pending
 *                                                                  └── less is left than that: it stays pending
 *
 * Every step is decided in the directory by compare-and-set and takes effect on the shards under a key of its own: once, whoever
 * carries it out, and in any order. While one is pending nothing is charged by whoever knows of it, and after its fence by nobody who
 * does not. So from the answer to a change on, nothing goes beyond the new limit; not even what reversals give back, as long as more is
 * spent than that.
 */
export class Allowances {
  readonly #settling: SharedRuns<NewAllowance, AccountRecord | undefined>;

  constructor(private readonly parts: AllowanceParts) {
    this.#settling = new SharedRuns((allowance) => this.#settle(allowance));
  }

  /**
   * The allowance, open and as its budget says; with `pending` steps where more is spent than its limit by now.
   *
   * Rejects with `ShardUnavailableError`, `ShardContendedError` or `DirectoryUnavailableError`; asking again continues.
   *
   * @returns `undefined` when it was never opened and its budget is gone
   */
  settle(allowance: NewAllowance): Promise<AccountRecord | undefined> {
    return this.#settling.ask(allowance.allowanceId, allowance);
  }

  async #settle(allowance: NewAllowance): Promise<AccountRecord | undefined> {
    const { accounts, budgets } = this.parts;
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      let found = await accounts.read(allowance.allowanceId);
      if (!found) {
        await budgets.openAllowance(allowance);
        found = await accounts.read(allowance.allowanceId);
        if (!found) return undefined;
      }
      if (await this.#decide(found)) continue;
      const { pending } = factsOf(found);
      if (pending.length === 0) return found;
      const left = await this.#carryOut(found, pending);
      if (left.length === pending.length) return found;
      await budgets.settle(found, left);
    }
    throw new ShardUnavailableError(allowance.allowanceId, 'the limit of the budget is being changed');
  }

  /** Decides the next step, where the budget says something else than the allowance does. @returns whether it did, or tried */
  async #decide(found: AccountRecord): Promise<boolean> {
    const { grantedMinor, limitMinor, pending, isDeleted, isBudgetDeleted } = factsOf(found);
    const step = found.placement.epoch + 1;
    if (isDeleted) return false;
    if (!isBudgetDeleted && grantedMinor === limitMinor) return false;
    if (pending.length >= PENDING_MAX) return false;
    const deltaMinor = isBudgetDeleted ? 0n : limitMinor - grantedMinor;
    await this.parts.budgets.decideStep(found, {
      grantedMinor: grantedMinor + deltaMinor,
      pending: [...pending, { step, deltaMinor }],
      isDeleted: isBudgetDeleted,
    });
    return true;
  }

  /** @returns the steps that could not be carried out: more is spent */
  async #carryOut(found: AccountRecord, pending: readonly AllowanceStep[]): Promise<AllowanceStep[]> {
    const left: AllowanceStep[] = [];
    // What is more comes first: then there may be enough for what is less.
    for (const each of [...pending].sort((a, b) => Number(b.deltaMinor > 0n) - Number(a.deltaMinor > 0n)))
      if (!(await this.#carryOutStep(found, each))) left.push(each);
    return left;
  }

  async #carryOutStep(found: AccountRecord, { step, deltaMinor }: AllowanceStep): Promise<boolean> {
    if (deltaMinor <= 0n) await this.#fence(found, step);
    if (deltaMinor === 0n) return true;
    const outcome = await this.parts.submit(stepRequest(found, { step, deltaMinor }), found);
    if (outcome.kind === 'applied' || outcome.kind === 'replayed') return true;
    if (outcome.kind === 'insufficientFunds') return false;
    const shard = 'shard' in outcome ? outcome.shard : found.accountId;
    if (outcome.kind === 'overloaded') throw new ShardContendedError(shard, 1);
    throw new ShardUnavailableError(shard, `the limit of a budget is not in effect yet (${outcome.kind})`);
  }

  /**
   * Lets nobody charge the allowance who has not heard of a step. Rows are made for all that its account has, which is read after
   * the step was decided: whoever goes by an older step goes by an older size or placement of the account, or by one of these rows.
   */
  async #fence(found: AccountRecord, step: number): Promise<void> {
    const { accounts, shards } = this.parts;
    const { of } = factsOf(found);
    const account = await accounts.read(of);
    if (!account) throw new RangeError(`a budget of an account that is gone: ${of}`);
    const { accountId } = found;
    await shards.ensure(account.reach);
    await Promise.all(
      account.reach.map(async (name) => {
        if (!shards.has(name)) throw new ShardUnavailableError(name, 'it is not open on this instance');
        const shard = shards.shard(name);
        const seeds = (await shard.listSubAccounts(of)).map(({ index }) => ({
          ...{ accountId, index, epoch: step },
          accountStatus: 'active' as const,
          accountStatusVersion: 1,
        }));
        if (seeds.length > 0) await shard.createSubAccounts(seeds);
      }),
    );
    await tellRows(shards, account.reach, () => ({ kind: 'fence', accountId, epoch: step }));
  }
}

function stepRequest({ accountId }: AccountRecord, { step, deltaMinor }: AllowanceStep): PlainRequest {
  const amountMinor = deltaMinor < 0n ? -deltaMinor : deltaMinor;
  return {
    kind: deltaMinor < 0n ? 'deduct' : 'credit',
    accountId,
    requestId: allowanceStepKey(step),
    amountMinor,
    fingerprint: fingerprint('allowance', BigInt(step), deltaMinor),
    reference: null,
    metadata: null,
  };
}

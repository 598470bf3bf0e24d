import type { EngineOutcome } from '../../../src/engine/engine-outcome';
import type { EngineRuntime } from '../../../src/engine/runtime';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import { auditAccounts } from '../audit/audit-site';
import { BatchCounter } from '../cases/batch-counter';
import { countOutcome, submit } from '../cases/submit';
import { within } from '../measure/closed-loop';
import { amountOf, requestIdOf, Sequence } from '../measure/requests';
import { Tally } from '../measure/tally';
import type { Surroundings } from '../scenario';
import { createAccount, startRuntime } from '../stage/runtime';
import { createSite, type Site } from '../stage/site';
import type { StoreKind } from '../stage/store-kind';

const END_MS_MAX = 30_000;

/** The engine on fresh databases, with accounts that are loaded side by side and audited together. */
export class Bank {
  readonly #accounts: BankAccount[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(
    private readonly site: Site,
    readonly runtime: EngineRuntime,
    readonly counter: BatchCounter,
  ) {}

  /** Opens a bank, lets it be used, and puts it away. */
  static async with<T>(
    store: StoreKind,
    { servers, cleanups }: Surroundings,
    use: (bank: Bank) => Promise<T>,
  ): Promise<T> {
    const site = await createSite(store, servers, cleanups);
    try {
      const counter = new BatchCounter();
      const bank = new Bank(site, await startRuntime(site, counter), counter);
      return await use(bank).finally(() => bank.#stop());
    } finally {
      await site.drop();
    }
  }

  async createAccount(
    accountId: string,
    { subAccounts, balanceMinor }: { subAccounts: number; balanceMinor: number },
  ): Promise<BankAccount> {
    const initialBalanceMinor = balanceMinor === 0 ? null : BigInt(balanceMinor);
    const record = await createAccount(this.runtime, { accountId, subAccounts, initialBalanceMinor });
    const account = new BankAccount(this.runtime, record);
    if (balanceMinor > 0) account.credited.acknowledged(balanceMinor);
    this.#accounts.push(account);
    return account;
  }

  get accounts(): readonly BankAccount[] {
    return this.#accounts;
  }

  /** Ends the engine and proves every account. @param observed what the load saw that must not be */
  async audit(observed: readonly string[] = []): Promise<string> {
    await this.#stop();
    const accounts = this.#accounts.map(({ record, deducted, credited }) => ({
      accountId: record.accountId,
      deducted: deducted.total,
      credited: credited.total,
    }));
    return auditAccounts(this.site, accounts, observed);
  }

  #stop(): Promise<void> {
    this.#stopped ??= within(END_MS_MAX, this.runtime.stop(), 'ending the engine');
    return this.#stopped;
  }
}

/** An account under load, and what the load was told of it. Refusals for funds are outcomes here, not errors. */
export class BankAccount {
  readonly deducted = new Tally();
  readonly credited = new Tally();
  readonly #sequence = new Sequence();
  #refusals = 0;

  constructor(
    private readonly runtime: EngineRuntime,
    readonly record: AccountRecord,
  ) {}

  get refusals(): number {
    return this.#refusals;
  }

  get errors(): number {
    return this.deducted.errors + this.credited.errors;
  }

  nextRequestId(): string {
    return requestIdOf(this.#sequence.next());
  }

  /** A deduction of 1 to 9. */
  deductLittle(): Promise<EngineOutcome> {
    const position = this.#sequence.next();
    return this.deduct(amountOf(position), requestIdOf(position));
  }

  async deduct(amount: number, requestId = this.nextRequestId()): Promise<EngineOutcome> {
    const { accountId } = this.record;
    const outcome = await submit(this.runtime, { kind: 'deduct', accountId, requestId, amount });
    if (outcome.kind === 'insufficientFunds') this.#refusals += 1;
    else countOutcome(outcome, amount, this.deducted);
    return outcome;
  }

  async credit(amount: number, requestId = this.nextRequestId()): Promise<EngineOutcome> {
    const { accountId } = this.record;
    const outcome = await submit(this.runtime, { kind: 'credit', accountId, requestId, amount });
    countOutcome(outcome, amount, this.credited);
    return outcome;
  }
}

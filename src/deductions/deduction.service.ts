import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { EngineOutcome } from '../engine/engine-outcome';
import type { Flow } from '../engine/flow';
import { budgetsText, canonicalMap, fingerprint, requestFingerprint } from '../engine/fingerprint';
import type { PlainRequest } from '../engine/router';
import { EngineRuntime } from '../engine/runtime';
import type { Entry } from '../ledger/entry';
import { confirmationKey } from '../ledger/identifiers';
import { Metrics } from '../platform/metrics';
import { AccountRates, type RateLimited } from '../platform/rates/account-rates';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Span } from '../shards/span';

/** What a user asks to be done to one account. */
export interface MoneyRequest {
  readonly kind: 'deduct' | 'credit';
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Of a deduction: the budgets that it is charged to as well. */
  readonly budgets?: readonly string[] | undefined;
  /** Whose it is, for fair shares of the lanes. */
  readonly flow?: Flow | undefined;
  /** Where it is traced. */
  readonly span?: Span | undefined;
}

/** What a user asks to be given back. */
export interface ReversalRequest {
  readonly of: 'deduction' | 'credit';
  readonly accountId: string;
  /** The request id of the deduction or the credit, or of a hold that was captured. */
  readonly reverses: string;
  /** Of a hold's capture that has an id of its own. */
  readonly captureId?: string | undefined;
  readonly requestId: string;
  /** `null` for what is left of it. */
  readonly amountMinor: bigint | null;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly flow?: Flow | undefined;
}

/** What it came to; beside what the engine tells, `accountNotFound`, and `rateLimited` of one that came with others. */
export type MoneyOutcome = EngineOutcome | RateLimited | { readonly kind: 'accountNotFound' };

/** What one of many came to. `rejected` carries the error that `execute` would have thrown. */
export type OneOfMany = MoneyOutcome | { readonly kind: 'rejected'; readonly error: unknown };

/** An entry with the shard it lives on. */
export interface LocatedEntry {
  readonly entry: Entry;
  readonly shard: string;
}

const NOT_FOUND = { kind: 'accountNotFound' } as const;

/** Deductions and credits, one by one or many at once. */
@Injectable()
export class DeductionService {
  constructor(
    private readonly accounts: AccountService,
    private readonly runtime: EngineRuntime,
    private readonly metrics: Metrics,
    private readonly rates: AccountRates,
  ) {}

  /** Rejects with `ShardUnavailableError` or `DirectoryUnavailableError` when what decides cannot be read. */
  execute(request: MoneyRequest): Promise<MoneyOutcome> {
    const { span } = request;
    return span ? this.#executeTraced(request, span) : this.#execute(request);
  }

  async #executeTraced(request: MoneyRequest, parent: Span): Promise<MoneyOutcome> {
    const span = parent.child('engine', { kind: request.kind });
    try {
      const outcome = await this.#execute({ ...request, span });
      span.end(outcome.kind);
      return outcome;
    } catch (error) {
      span.fail(error);
      throw error;
    }
  }

  async #execute(request: MoneyRequest): Promise<MoneyOutcome> {
    const started = performance.now();
    const account =
      this.runtime.accounts.peek(request.accountId) ?? (await this.accounts.read(request.accountId));
    const outcome = account ? await this.#submit(request, account) : NOT_FOUND;
    this.metrics.commandDone(request.kind, outcome.kind, (performance.now() - started) / 1_000);
    return outcome;
  }

  /**
   * Executes many requests at once, each on its own: they meet in the lanes. `told` is called with each outcome as soon as that
   * is known, in any order. A request costs no promise of its own, and each distinct account one look-up.
   *
   * @param told is given the position of the request; must not throw
   */
  executeEach(requests: readonly MoneyRequest[], told: (position: number, outcome: OneOfMany) => void): void {
    const started = performance.now();
    const reading = new Map<string, Promise<AccountRecord | undefined>>();
    let account: AccountRecord | undefined;
    requests.forEach((request, position) => {
      const end = (outcome: OneOfMany): void => {
        if (outcome.kind !== 'rejected')
          this.metrics.commandDone(request.kind, outcome.kind, (performance.now() - started) / 1_000);
        told(position, outcome);
      };
      const fail = (error: unknown): void => {
        end({ kind: 'rejected', error });
      };
      if (account?.accountId !== request.accountId) account = this.runtime.accounts.peek(request.accountId);
      if (account) {
        this.#submitInRate(request, account).then(end, fail);
        return;
      }
      let read = reading.get(request.accountId);
      if (!read) reading.set(request.accountId, (read = this.accounts.read(request.accountId)));
      read
        .then((found): MoneyOutcome | Promise<MoneyOutcome> =>
          found ? this.#submitInRate(request, found) : NOT_FOUND,
        )
        .then(end, fail);
    });
  }

  /** Rejects as `execute` does. */
  async reverse(request: ReversalRequest): Promise<MoneyOutcome> {
    const started = performance.now();
    const {
      of,
      accountId,
      reverses,
      captureId = null,
      requestId,
      amountMinor,
      reference = null,
      flow,
    } = request;
    const metadata = canonicalMap(request.metadata);
    const account = this.runtime.accounts.peek(accountId) ?? (await this.accounts.read(accountId));
    const kind = of === 'credit' ? 'reverse credit' : 'reverse';
    const about = captureId === null ? [reverses] : [reverses, captureId];
    const print = fingerprint(kind, ...about, amountMinor, reference, metadata);
    const outcome = account
      ? await this.runtime.engine.follow(
          {
            kind: 'reverse',
            of,
            accountId,
            reverses,
            captureId,
            requestId,
            amountMinor,
            fingerprint: print,
            reference,
            metadata,
            flow,
          },
          account,
        )
      : ({ kind: 'accountNotFound' } as const);
    this.metrics.commandDone(
      of === 'credit' ? 'reverseCredit' : 'reverse',
      outcome.kind,
      (performance.now() - started) / 1_000,
    );
    return outcome;
  }

  /** The deduction made under a key, or the confirmation of the hold under it. A refused one leaves nothing. */
  async findDeduction(account: AccountRecord, requestId: string): Promise<LocatedEntry | undefined> {
    const found = await this.runtime.engine.findEntry(account, requestId);
    if (found?.entry.kind === 'deduction') return found;
    if (found?.entry.kind !== 'hold') return undefined;
    const { shard } = found;
    const entry = await this.runtime.shards
      .shard(shard)
      .findEntry(account.accountId, confirmationKey(requestId));
    return entry && { entry, shard };
  }

  /** The doors take calls from the rates of accounts, and do not look at what is in a batch or a stream. */
  #submitInRate(request: MoneyRequest, account: AccountRecord): Promise<MoneyOutcome> {
    if (account.rates === null) return this.#submit(request, account);
    return this.#afterRate(this.rates.takeOne(account), () => this.#submit(request, account));
  }

  async #afterRate(
    taken: ReturnType<AccountRates['takeOne']>,
    submit: () => Promise<EngineOutcome>,
  ): Promise<MoneyOutcome> {
    return (await taken) ?? submit();
  }

  #submit(request: MoneyRequest, account: AccountRecord): Promise<EngineOutcome> {
    const { budgets } = request;
    if (budgets !== undefined)
      return this.runtime.budgets.debits.submit(engineRequest(request), account, budgets);
    return this.runtime.engine.submit(engineRequest(request), account);
  }
}

/** The request as the engine knows it. */
export function engineRequest(request: MoneyRequest): PlainRequest {
  const { kind, accountId, requestId, amountMinor, reference = null, budgets, flow, span } = request;
  const metadata = canonicalMap(request.metadata);
  return {
    kind,
    accountId,
    requestId,
    amountMinor,
    fingerprint: budgets
      ? fingerprint(kind, amountMinor, reference, metadata, budgetsText(budgets))
      : requestFingerprint(kind, amountMinor, reference, metadata),
    reference,
    metadata,
    flow,
    span,
    ...(budgets && { budgetIds: budgets }),
  };
}

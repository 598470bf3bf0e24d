import * as accounts from './account-calls';
import * as admin from './admin-calls';
import { Calls } from './calls';
import { Deductions } from './deductions';
import { Endpoint, Endpoints } from './endpoints';
import { HoldNotHeldError, NothingDoneError, refusalOf } from './errors';
import { HttpTransport } from './http-transport';
import { accountsPage, entriesPage, keysPage, operationsPage, pagesOf } from './lists';
import * as money from './money-calls';
import { type ClientOptions, type ClientSettings, settingsOf } from './options';
import { TimeOrderedIds } from './request-ids';
import { type ClientCounters, Retries } from './retries';
import { checkedRequestId } from './requests';
import type * as shapes from './shapes';
import type { CallRequest } from './single-call';
import { REAL_TIME } from './time';
import { waitForOperation } from './wait-for-operation';

/**
 * A client of one installation of hotsplit. Deductions are asked for one by one and travel in batches; whatever may be
 * repeated is repeated with the same request id until it is answered or its time is over.
 *
 * Every method throws HotsplitError: RefusedError and its classes (nothing was done), NothingDoneError (it ended before it
 * was carried out), OutcomeUnknownError (send it again with its request id to learn what came of it).
 */
export class HotsplitClient {
  readonly #settings: ClientSettings;
  readonly #endpoints: Endpoints;
  readonly #deductions: Deductions;
  readonly #calls: Calls;
  readonly #retries: Retries;
  readonly #ids = new TimeOrderedIds();
  /** For lists, which call as they are read. */
  readonly #caller: Pick<Calls, 'call'> = { call: (request, options) => this.#call(request, options) };
  #closing: Promise<void> | undefined;

  /** @throws TypeError, RangeError for options that break a rule */
  constructor(options: ClientOptions) {
    const settings = settingsOf(options);
    this.#retries = new Retries(settings.onRetry);
    this.#settings = { ...settings, onRetry: this.#retries.note };
    this.#endpoints = new Endpoints(connect(settings), REAL_TIME, {
      timeoutMs: settings.connectTimeoutMs,
      failed: (why) => {
        this.#deductions.endAll('NOT_CONNECTED', why);
        this.#calls.end('NOT_CONNECTED', why);
      },
    });
    this.#deductions = new Deductions(this.#endpoints, this.#settings, REAL_TIME, () => this.#ids.next());
    this.#calls = new Calls(this.#endpoints, this.#settings, REAL_TIME);
  }

  /** What the client has done so far, and what is under way. */
  get counters(): ClientCounters {
    const underWay = this.#deductions.count + this.#calls.count;
    return { tries: this.#endpoints.tries, retries: this.#retries.count, underWay };
  }

  /** A new id for a request: a UUIDv7, greater than every one made before by this client. */
  newRequestId(): string {
    return this.#ids.next();
  }

  /** Takes money from an account. */
  deduct(request: shapes.MoneyRequest): Promise<shapes.DeductionResult> {
    return this.#closing ? Promise.reject(closed(request.requestId)) : this.#deductions.deduct(request);
  }

  /** Brings money to an account. */
  async credit(request: shapes.MoneyRequest): Promise<shapes.EntryResult> {
    return this.#call(money.entryCall('credits', request, this.#idOf(request)), request);
  }

  /** Gives a deduction back, or a part of it. */
  async reverse(request: shapes.ReversalRequest): Promise<shapes.EntryResult> {
    return this.#call(money.reversalCall(request, this.#idOf(request)), request);
  }

  /**
   * Sets money aside. The request id names the hold. Resolves only when money is held.
   *
   * @throws HoldNotHeldError when the try is repeated and its hold was confirmed, cancelled or has expired since
   */
  async hold(request: shapes.HoldRequest): Promise<shapes.HeldResult> {
    const hold = await this.#call(money.holdCall(request, this.#idOf(request)), request);
    if (!isHeld(hold)) throw new HoldNotHeldError(hold);
    return hold;
  }

  /** Takes what is held, or a part of it; the rest is available again. */
  async confirmHold(request: shapes.HoldConfirmation): Promise<shapes.HoldResult> {
    return this.#call(money.confirmCall(request), request);
  }

  /** Releases what is held. One that is not known is remembered: a try that comes late is refused. */
  async cancelHold(request: shapes.OneHold): Promise<shapes.HoldResult> {
    return this.#call(money.cancelCall(request), request);
  }

  /** What came of a hold. */
  async holdOf(accountId: string, holdId: string, options: shapes.CallOptions = {}): Promise<shapes.Hold> {
    return this.#call(money.holdLookUp(accountId, holdId), options);
  }

  /**
   * Has a deduction kept durably, to be charged later: resolves as soon as it is received. `deductionState` tells what became
   * of it. A rejection is final for this request; the same request id submitted again after it is tried anew.
   */
  async submit(request: shapes.MoneyRequest): Promise<shapes.SubmittedDeduction> {
    return this.#call(money.submitCall(request, this.#idOf(request)), request);
  }

  /** What became of a deduction, whether it was received to be charged later or charged at once. */
  async deductionState(
    accountId: string,
    requestId: string,
    options: shapes.CallOptions = {},
  ): Promise<shapes.DeductionState> {
    return this.#call(money.stateLookUp(accountId, requestId), options);
  }

  /**
   * The deduction that took effect under a request id.
   *
   * @throws EntryNotFoundError when none has, also while one waits to be charged
   */
  async deduction(
    accountId: string,
    requestId: string,
    options: shapes.CallOptions = {},
  ): Promise<shapes.Entry> {
    const found = await this.#call(money.deductionLookUp(accountId, requestId), options);
    if ('kind' in found) return found;
    throw refusalOf({ code: 'ENTRY_NOT_FOUND', status: 404, detail: `It was ${found.status}.` }, requestId);
  }

  /** Creates an account; one that was created before from the same words is as good. */
  async createAccount(account: shapes.NewAccount): Promise<shapes.AccountResult> {
    return this.#call(accounts.createAccountCall(account), account);
  }

  async account(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Account> {
    return this.#call(accounts.accountCall(accountId), options);
  }

  /** Accounts in the order of their ids: all of them, or those that the key is limited to. */
  accounts(query: shapes.ListQuery = {}): AsyncGenerator<shapes.ListedAccount, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(accountsPage, query, this.#caller);
  }

  async balance(
    accountId: string,
    options: shapes.CallOptions & { readonly consistency?: shapes.Consistency } = {},
  ): Promise<shapes.Balance> {
    return this.#call(accounts.balanceCall(accountId, options.consistency), options);
  }

  /** An account's entries, newest first: `for await (const entry of client.entries({ accountId }))`. */
  entries(query: shapes.EntriesQuery): AsyncGenerator<shapes.Entry, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(entriesPage(query), query, this.#caller);
  }

  /** Lets an account refuse debits from now on; it takes credits. */
  async freeze(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Account> {
    return this.#call(accounts.statusCall(accountId, 'freeze'), options);
  }

  async unfreeze(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Account> {
    return this.#call(accounts.statusCall(accountId, 'unfreeze'), options);
  }

  /** Closes an empty account for good. The client itself is closed by `close`. */
  async closeAccount(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Account> {
    return this.#call(accounts.statusCall(accountId, 'close'), options);
  }

  /** Begins to change how many sub-accounts an account has, and on which shards; see `waitFor`. */
  async resize(request: shapes.ResizeRequest): Promise<shapes.Operation> {
    return this.#call(accounts.resizeCall(request), request);
  }

  /** Begins to level an account's sub-accounts; see `waitFor`. */
  async rebalance(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Operation> {
    return this.#call(accounts.rebalanceCall(accountId), options);
  }

  /** Begins to lift an account's directory record above its rows, after a restore of the directory; see `waitFor`. */
  async repair(accountId: string, options: shapes.CallOptions = {}): Promise<shapes.Operation> {
    return this.#call(admin.repairCall(accountId), options);
  }

  /** Begins to prove every account from what all shards hold; see `waitFor`. */
  async audit(options: shapes.CallOptions = {}): Promise<shapes.Operation> {
    return this.#call(admin.auditCall(), options);
  }

  /** Changes how an account's deductions are carried out, while it is in use. */
  async setStrategy(choice: shapes.StrategyChoice): Promise<shapes.Account> {
    return this.#call(admin.strategyCall(choice), choice);
  }

  /** How an account is split: every row, those out of use included. */
  async subAccounts(
    accountId: string,
    options: shapes.CallOptions = {},
  ): Promise<readonly shapes.SubAccount[]> {
    return (await this.#call(admin.subAccountsCall(accountId), options)).items;
  }

  /** The shards and whether they answer. */
  async shards(options: shapes.CallOptions = {}): Promise<readonly shapes.Shard[]> {
    return (await this.#call(admin.shardsCall(), options)).items;
  }

  /** Takes a database in as a new shard, usable at once by every instance. */
  async registerShard(shard: shapes.NewShard): Promise<shapes.Shard> {
    return this.#call(admin.registerShardCall(shard), shard);
  }

  /** Removes a registered shard that no account was ever placed on. */
  async removeShard(name: string, options: shapes.CallOptions = {}): Promise<void> {
    await this.#call(admin.removeShardCall(name), options);
  }

  /** Operations, the newest first. */
  operations(query: shapes.ListQuery = {}): AsyncGenerator<shapes.Operation, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(operationsPage, query, this.#caller);
  }

  /** API keys, without their secrets. */
  keys(query: shapes.ListQuery = {}): AsyncGenerator<shapes.ApiKey, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(keysPage, query, this.#caller);
  }

  /** Creates an API key. When its outcome is unknown, look for its name among the `keys`: its secret is lost. */
  async createKey(key: shapes.NewKey): Promise<shapes.CreatedKey> {
    return this.#call(admin.createKeyCall(key), key);
  }

  /** Changes what an API key may do. */
  async changeKey(change: shapes.KeyChange): Promise<shapes.ApiKey> {
    return this.#call(admin.changeKeyCall(change), change);
  }

  async deleteKey(keyId: string, options: shapes.CallOptions = {}): Promise<void> {
    await this.#call(admin.deleteKeyCall(keyId), options);
  }

  /** How far an operation has come. */
  async operation(operationId: string, options: shapes.CallOptions = {}): Promise<shapes.Operation> {
    return this.#call(accounts.operationCall(operationId), options);
  }

  /**
   * Waits until an operation is done, without `timeoutMs` however long it takes.
   *
   * @throws OperationFailedError when it has failed
   */
  async waitFor(
    begun: shapes.Operation | string,
    { timeoutMs, signal }: shapes.CallOptions = {},
  ): Promise<shapes.Operation> {
    const operationId = typeof begun === 'string' ? begun : begun.operationId;
    const look = (): Promise<shapes.Operation> => this.operation(operationId, { ...(signal && { signal }) });
    return waitForOperation({ look, time: REAL_TIME, timeoutMs, signal });
  }

  /**
   * Takes no more requests, waits for those under way, and ends the connections. What is not answered in time is ended:
   * the error says whether it may have taken effect.
   *
   * @param options.timeoutMs by default the client's `timeoutMs`
   */
  close({ timeoutMs = this.#settings.timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    await this.#idle(timeoutMs);
    this.#deductions.end('CLIENT_CLOSED');
    this.#calls.end('CLIENT_CLOSED');
    this.#endpoints.close();
  }

  /** Looked at now and then: closing is rare, and whoever waits for nothing does not wait. */
  async #idle(timeoutMs: number): Promise<void> {
    const deadlineMs = REAL_TIME.nowMs() + timeoutMs;
    while (this.#deductions.count + this.#calls.count > 0 && REAL_TIME.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => REAL_TIME.after(5, resolve));
    }
  }

  async #call<T>(request: CallRequest<T>, options: shapes.CallOptions): Promise<T> {
    this.#refuseWhenClosed(request.requestId);
    return this.#calls.call(request, options);
  }

  #idOf({ requestId }: { readonly requestId?: string }): string {
    return requestId === undefined ? this.#ids.next() : checkedRequestId(requestId);
  }

  #refuseWhenClosed(requestId?: string): void {
    if (this.#closing) throw closed(requestId);
  }
}

function connect({ urls, apiKey, connectionsMax, connectTimeoutMs, tls }: ClientSettings): Endpoint[] {
  const shared = { apiKey, connectionsMax, connectTimeoutMs, ...(tls && { tls }) };
  return urls.map((url) => new Endpoint(new HttpTransport({ url, ...shared })));
}

function isHeld(hold: shapes.HoldResult): hold is shapes.HeldResult {
  return hold.status === 'held';
}

function closed(requestId: string | undefined): NothingDoneError {
  return new NothingDoneError('CLIENT_CLOSED', 'the client is closed; nothing was done', { requestId });
}

import * as budgets from './budget-calls';
import * as accounts from './account-calls';
import * as admin from './admin-calls';
import { Calls } from './calls';
import { Deductions } from './deductions';
import { Holds } from './holds';
import { Endpoint, Endpoints } from './endpoints';
import { HoldNotHeldError, NothingDoneError, refusalOf } from './errors';
import { eventsCall } from './event-calls';
import * as history from './history-calls';
import type * as past from './history-shapes';
import { HttpTransport } from './http-transport';
import {
  accountsPage,
  auditLogPage,
  deliveriesPage,
  budgetsPage,
  entriesPage,
  holdsPage,
  keysPage,
  operationsPage,
  pagesOf,
} from './lists';
import * as money from './money-calls';
import { type ClientOptions, type ClientSettings, settingsOf } from './options';
import { TimeOrderedIds } from './request-ids';
import { type ClientCounters, Retries } from './retries';
import { checkedRequestId } from './requests';
import type * as shapes from './shapes';
import type { CallRequest } from './single-call';
import { REAL_TIME } from './time';
import { waitForOperation } from './wait-for-operation';
import * as webhooks from './webhook-calls';

/**
 * A client of one installation of hotsplit. Deductions and holds are asked for one by one and travel in batches; whatever may be
 * repeated is repeated with the same request id until it is answered or its time is over.
 *
 * Every method throws HotsplitError: RefusedError and its classes (nothing was done), NothingDoneError (it ended before it
 * was carried out), OutcomeUnknownError (send it again with its request id to learn what came of it).
 */
export class HotsplitClient {
  readonly #settings: ClientSettings;
  readonly #endpoints: Endpoints;
  readonly #deductions: Deductions;
  readonly #holds: Holds;
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
        for (const merged of this.#merged) merged.endAll('NOT_CONNECTED', why);
        this.#calls.end('NOT_CONNECTED', why);
      },
    });
    const parts = { endpoints: this.#endpoints, settings: this.#settings, time: REAL_TIME };
    this.#deductions = new Deductions(parts, () => this.#ids.next());
    this.#holds = new Holds(parts);
    this.#calls = new Calls(this.#endpoints, this.#settings, REAL_TIME);
  }

  /** What the client has done so far, and what is under way. */
  get counters(): ClientCounters {
    return { tries: this.#endpoints.tries, retries: this.#retries.count, underWay: this.#underWay };
  }

  get #underWay(): number {
    return this.#merged.reduce((sum, { count }) => sum + count, this.#calls.count);
  }

  /** What travels in batches. */
  get #merged(): readonly (Deductions | Holds['kinds'][number])[] {
    return [this.#deductions, ...this.#holds.kinds];
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

  /** Pays from one account to another. Resolves when the money has arrived. */
  async transfer(request: shapes.TransferRequest): Promise<shapes.TransferResult> {
    return this.#call(money.transferCall(request, this.#idOf(request)), request);
  }

  /** Gives a deduction back, or a part of it. */
  async reverse(request: shapes.ReversalRequest): Promise<shapes.EntryResult> {
    return this.#call(money.reversalCall(request, this.#idOf(request)), request);
  }

  /** Takes a credit back, or a part of it: a chargeback, which the account pays. */
  async reverseCredit(request: shapes.CreditReversalRequest): Promise<shapes.EntryResult> {
    return this.#call(money.creditReversalCall(request, this.#idOf(request)), request);
  }

  /**
   * Sets money aside. The request id names the hold. Resolves only when money is held.
   *
   * @throws HoldNotHeldError when the try is repeated and its hold was confirmed, cancelled or has expired since
   */
  async hold(request: shapes.HoldRequest): Promise<shapes.HeldResult> {
    this.#refuseWhenClosed(request.requestId);
    const hold = await this.#holds.hold(request, this.#idOf(request));
    if (!isHeld(hold)) throw new HoldNotHeldError(hold);
    return hold;
  }

  /**
   * Takes what is held, or a part of it; the rest is available again. With `final: false` the rest stays held, for captures to come:
   * each is known by its request id.
   */
  async confirmHold(request: shapes.HoldConfirmation): Promise<shapes.HoldResult> {
    this.#refuseWhenClosed(request.requestId ?? request.holdId);
    const { requestId, final } = request;
    return this.#holds.confirm(request, requestId ?? (final === false ? this.#ids.next() : undefined));
  }

  /** Lets a hold last until so long from now, never shorter than it would. */
  async extendHold(request: shapes.HoldExtension): Promise<shapes.HoldResult> {
    return this.#call(money.extendCall(request), request);
  }

  /** Sets so much more aside for a hold that it comes to an amount in all. */
  async raiseHold(request: shapes.HoldRaise): Promise<shapes.HoldResult> {
    return this.#call(money.raiseCall(request), request);
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
   * An account's holds by their ids, of one status or all. Whoever has lost its own list finds what it holds here:
   * `for await (const hold of client.holds({ accountId, status: 'held' }))`.
   */
  holds(query: shapes.HoldsQuery): AsyncGenerator<shapes.Hold, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(holdsPage(query), query, this.#caller);
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

  /** Accounts in the order of their ids, of those that the key may see: all, or those with a prefix or some metadata. */
  accounts(query: past.AccountsQuery = {}): AsyncGenerator<shapes.ListedAccount, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(accountsPage(query), query, this.#caller);
  }

  async balance(
    accountId: string,
    options: shapes.CallOptions & { readonly consistency?: shapes.Consistency } = {},
  ): Promise<shapes.Balance> {
    return this.#call(accounts.balanceCall(accountId, options.consistency), options);
  }

  /** What an account had at an instant of the past: the sum of its entries before it, exactly and for good. */
  async balanceAt(
    accountId: string,
    at: Date | string,
    options: shapes.CallOptions = {},
  ): Promise<shapes.PastBalance> {
    return this.#call(accounts.balanceAtCall(accountId, at), options);
  }

  /** Changes what is attached to an account. */
  async updateAccount(update: shapes.AccountUpdate): Promise<shapes.Account> {
    return this.#call(accounts.updateAccountCall(update), update);
  }

  /** An account's entries, newest first by default: `for await (const entry of client.entries({ accountId }))`. */
  entries(query: past.EntriesQuery): AsyncGenerator<shapes.Entry, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(entriesPage(query), query, this.#caller);
  }

  /** A page of an account's entries, oldest first. Its cursor stays good at the end, to follow the account. */
  async entriesAfter(query: past.TailQuery): Promise<past.TailPage> {
    return this.#call(history.tailCall(query), query);
  }

  /** The entry that was made under a request id, of whatever kind. */
  async entry(accountId: string, requestId: string, of: past.EntryOf = {}): Promise<shapes.Entry> {
    return this.#call(history.entryLookUp(accountId, requestId, of), of);
  }

  /** A page of a statement: what the account had, its entries oldest first, and what it had then. */
  async statement(query: past.StatementQuery): Promise<past.StatementPage> {
    return this.#call(history.statementCall(query), query);
  }

  /** What an account's entries came to, by kind and period. */
  async summary(query: past.SummaryQuery): Promise<past.Summary> {
    return this.#call(history.summaryCall(query), query);
  }

  /** Limits what is deducted from an account under a name; one that was created before from the same words is as good. */
  async createBudget(budget: shapes.NewBudget): Promise<shapes.BudgetResult> {
    return this.#call(budgets.createBudgetCall(budget), budget);
  }

  /** A budget, with what is spent of it in the present period. */
  async budget(
    accountId: string,
    budgetId: string,
    options: shapes.CallOptions = {},
  ): Promise<shapes.Budget> {
    return this.#call(budgets.budgetCall(accountId, budgetId), options);
  }

  /** An account's budgets by their ids, without what is spent of them. */
  budgets(query: shapes.BudgetsQuery): AsyncGenerator<shapes.Budget, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(budgetsPage(query), query, this.#caller);
  }

  /** Changes the limit of a budget: from then on nothing goes beyond it. */
  async changeBudget(change: shapes.BudgetChange): Promise<shapes.Budget> {
    return this.#call(budgets.changeBudgetCall(change), change);
  }

  async deleteBudget(budget: shapes.OneBudget): Promise<void> {
    await this.#call(budgets.deleteBudgetCall(budget), budget);
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

  /** Lets an account be split by itself while it is hot, or fixes its size. */
  async setAutoSplit(choice: shapes.AutoSplitChoice): Promise<shapes.Account> {
    return this.#call(admin.autoSplitCall(choice), choice);
  }

  /** The accounts that are used most, over all instances, and those that are hot or were split by themselves. */
  async hotAccounts(query: shapes.HotAccountsQuery = {}): Promise<readonly shapes.HotAccount[]> {
    return (await this.#call(admin.hotAccountsCall(query.limit), query)).items;
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
  operations(query: shapes.OperationsQuery = {}): AsyncGenerator<shapes.Operation, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(operationsPage(query), query, this.#caller);
  }

  /** What administrators did, the newest first unless `order` is `asc`. */
  auditLog(query: shapes.AuditLogQuery = {}): AsyncGenerator<shapes.AuditLogLine, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(auditLogPage(query), query, this.#caller);
  }

  /** API keys, without their secrets. */
  keys(query: shapes.ListQuery = {}): AsyncGenerator<shapes.ApiKey, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(keysPage, query, this.#caller);
  }

  /**
   * A page of the feed of events, oldest first. Keep its `nextCursor` when what it has is taken care of, and begin there the
   * next time; events may come twice, with the same `id`.
   */
  async events(query: shapes.EventsQuery = {}): Promise<shapes.EventPage> {
    return this.#call(eventsCall(query), query);
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

  /** Receivers of events, without their secrets. */
  async webhooks(options: shapes.CallOptions = {}): Promise<readonly shapes.Webhook[]> {
    return (await this.#call(webhooks.webhooksCall(), options)).items;
  }

  /** Has events sent to a receiver from now on. When its outcome is unknown, look for it among the `webhooks`: its secret is lost. */
  async createWebhook(webhook: shapes.NewWebhook): Promise<shapes.CreatedWebhook> {
    return this.#call(webhooks.createWebhookCall(webhook), webhook);
  }

  /** Changes a webhook, or enables it again. */
  async updateWebhook(change: shapes.WebhookChange): Promise<shapes.Webhook> {
    return this.#call(webhooks.updateWebhookCall(change), change);
  }

  async deleteWebhook(webhookId: string, options: shapes.CallOptions = {}): Promise<void> {
    await this.#call(webhooks.deleteWebhookCall(webhookId), options);
  }

  /** Gives a webhook a new secret; for 24 hours the one before signs as well. */
  async rotateWebhookSecret(
    webhookId: string,
    options: shapes.CallOptions = {},
  ): Promise<shapes.CreatedWebhook> {
    return this.#call(webhooks.rotateSecretCall(webhookId), options);
  }

  /** What was sent to a webhook, the newest first. */
  webhookDeliveries(query: shapes.DeliveriesQuery): AsyncGenerator<shapes.WebhookDelivery, void, undefined> {
    this.#refuseWhenClosed();
    return pagesOf(deliveriesPage(query), query, this.#caller);
  }

  /** Sends a delivery again, soon. */
  async redeliver(delivery: shapes.OneDelivery): Promise<void> {
    await this.#call(webhooks.redeliverCall(delivery), delivery);
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
    for (const merged of this.#merged) merged.end('CLIENT_CLOSED');
    this.#calls.end('CLIENT_CLOSED');
    this.#endpoints.close();
  }

  /** Looked at now and then: closing is rare, and whoever waits for nothing does not wait. */
  async #idle(timeoutMs: number): Promise<void> {
    const deadlineMs = REAL_TIME.nowMs() + timeoutMs;
    while (this.#underWay > 0 && REAL_TIME.nowMs() < deadlineMs) {
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

import type { Entry } from '../ledger/entry';
import type { Hold } from '../ledger/hold';
import type { IntakeRecord } from '../ledger/intake';
import { pastHomes, routeRequest } from '../ledger/routing';
import { type AccountRecord, laterRecord } from '../shards/directory/account-record';
import { ShardUnavailableError } from '../shards/faults';
import { acrossFences, type Told } from './across-fences';
import { awaitSpread } from './await-spread';
import type { AccountCache } from './account-cache';
import type { Balances } from './balances';
import type { Collector } from './collector';
import { type BudgetedRequest, ChargedDebits } from './budgets/charged-debits';
import type { PinnedDebit, ShortCharge } from './collecting/waiting';
import type { Admission, BalanceLimit, NotAdmitted } from './balance-limit';
import { earlierUse } from './earlier-use';
import type { EngineOutcome, LaneOutcome } from './engine-outcome';
import { type DeductCommand, dependsOnIntake } from '../ledger/command';
import type { LeaseSettings } from '../strategies/strategy-settings';
import type { Surroundings } from '../shards/surroundings';
import type { ReachPoint } from './fault-points';
import { type FollowUp, FollowUps, type ReversalRequest } from './follow-ups';
import type { KeyLookUps } from './key-look-ups';
import type { HomeDeductions } from './home-deductions';
import { Leases } from './leasing/leases';
import type { HeatMeter } from './heat/heat-meter';
import type { EngineObserver } from './observer';
import type { Rebalancer } from './rebalancer';
import { type PlainRequest, type ReceivedAttempt, type Request, routeToHome } from './router';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';
import { turnedAway } from './turned-away';

/** A credit waits no longer for the reading of a limit that is a soft one. */
const LIMIT_READ_MS_MAX = 500;

export interface EngineParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly transfers: Transfers;
  readonly collector: Collector;
  readonly homeDeductions: HomeDeductions;
  readonly rebalancer: Pick<Rebalancer, 'note'>;
  readonly balances: Balances;
  readonly lookUps: KeyLookUps;
  readonly intakes: KeyLookUps<IntakeRecord>;
  readonly balanceLimit: BalanceLimit;
  readonly leaseSettings: LeaseSettings;
  readonly surroundings: Surroundings;
  readonly observer: EngineObserver;
  /** Counts refusals by account. */
  readonly meter?: Pick<HeatMeter, 'refused'> | undefined;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly fenceWaitMsMax?: number;
  readonly reach?: ReachPoint;
  /** Deductions of accounts whose strategy is `queued`. */
  readonly queue?: (request: PlainRequest, account: AccountRecord) => Promise<EngineOutcome>;
}

/** How often leases are recalled for one request before it is told that too much is going on. */
const RECALLS_MAX = 3;

/** Commands in, outcomes out: routes a request to its home, through its lane, and tells what it came to. */
export class Engine {
  readonly leases: Leases;
  readonly #followUps: FollowUps;
  readonly #charged: ChargedDebits;

  constructor(private readonly parts: EngineParts) {
    this.#followUps = new FollowUps({
      ...parts,
      admit: (account, amountMinor) => this.admit(account, amountMinor),
      collect: (debit, account) => this.#collect(debit, debit.shard, account),
    });
    this.#charged = new ChargedDebits({
      ...parts,
      collect: (request, shard, account) => this.#collect(request, shard, account),
    });
    this.leases = new Leases({ ...parts, settings: parts.leaseSettings }, (request, account) =>
      acrossFences(parts, account, (current) => this.#tryDurably(request, current)),
    );
  }

  /**
   * Carries out a request on a known account. Resolves once the outcome is durable, or with why there is none; rejects
   * only when something beside its home had to be read and could not be.
   */
  submit(request: Request, account: AccountRecord): Promise<EngineOutcome> {
    const { queue } = this.parts;
    if (queue && account.strategy === 'queued' && request.kind === 'deduct') return queue(request, account);
    const tryOnce = (current: AccountRecord): Told | Promise<Told> => this.#tryOnce(request, current);
    return request.kind === 'credit'
      ? this.#submitWithinLimit(request, account, tryOnce)
      : acrossFences(this.parts, account, tryOnce);
  }

  async #submitWithinLimit(
    request: Request,
    account: AccountRecord,
    tryOnce: (account: AccountRecord) => Told | Promise<Told>,
  ): Promise<EngineOutcome> {
    const admission = await this.admit(account, request.amountMinor);
    if (admission.kind !== 'admitted') return this.#turnAway(request, account, admission);
    try {
      return await acrossFences(this.parts, account, tryOnce);
    } finally {
      admission.release();
    }
  }

  /**
   * Charges what was received, a message, a payment to another account, or a deduction or a hold with budgets, whatever the account's
   * strategy: on the lanes, which look at the record under its row's lock, and write the payment, or charge the budgets, with its debit. Resolves
   * and rejects as `submit` does; `attemptOver` when nothing is to be charged here any more, `received` when an earlier delivery of
   * the message was.
   */
  charge(
    request:
      | (PlainRequest &
          (
            | { readonly attempt: ReceivedAttempt }
            | { readonly isMessage: true }
            | { readonly payee: NonNullable<PlainRequest['payee']> }
          ))
      | BudgetedRequest,
    account: AccountRecord,
  ) {
    const { accountId, requestId } = request;
    return acrossFences(this.parts, account, (current) =>
      this.leases.concern(current)
        ? this.leases.inTurn(accountId, requestId, () => this.#chargeBehindLease(request, current))
        : this.#tryDurably(request, current),
    );
  }

  /** What was answered from a lease under the same key is written first: the charge then finds it. */
  async #chargeBehindLease(request: Request, account: AccountRecord): Promise<Told> {
    const shard = await this.leases.settle(request.accountId, request.requestId);
    return shard === undefined
      ? this.#tryDurably(request, account)
      : { shard, outcome: { kind: 'shardUnavailable', shard } };
  }

  /** Does something to what was done before, wherever that is; resolves and rejects as `submit` does. */
  follow(followUp: FollowUp, account: AccountRecord): Promise<EngineOutcome> {
    switch (followUp.kind) {
      case 'confirm':
      case 'extend':
      case 'raise':
        return this.#followUps.submit(followUp, account);
      case 'cancel':
        return this.leases.concern(account)
          ? this.leases.inTurn(account.accountId, followUp.holdId, () => this.#cancel(followUp, account))
          : this.#followUps.submit(followUp, account);
      case 'reverse':
        // Credits are never answered from a lease.
        return followUp.of === 'credit'
          ? this.#followUps.submit(followUp, account)
          : this.#reverse(followUp, account);
    }
  }

  /**
   * A cancel takes the key where there is no hold. A deduction that was answered under it and is written nowhere yet, here or
   * by another instance, would be lost by that: it is written first, and the cancel then finds it.
   */
  async #cancel(
    cancel: Extract<FollowUp, { kind: 'cancel' }>,
    account: AccountRecord,
  ): Promise<EngineOutcome> {
    const putOff = await this.leases.settle(account.accountId, cancel.holdId);
    if (putOff !== undefined) return { kind: 'shardUnavailable', shard: putOff };
    if (!(await this.#followUps.findHold(account, cancel.holdId))) {
      const lease = await this.#leaseLeft(account);
      if (lease !== undefined) return { kind: 'overloaded', shard: lease };
    }
    return this.#followUps.submit(cancel, this.#latest(account));
  }

  async #reverse(followUp: ReversalRequest, account: AccountRecord): Promise<EngineOutcome> {
    const putOff = await this.leases.settle(account.accountId, followUp.reverses);
    const outcome = await this.#followUps.submit(followUp, account);
    if (outcome.kind !== 'deductionNotHere') return outcome;
    if (putOff !== undefined) return { kind: 'shardUnavailable', shard: putOff };
    // Another instance may have answered it and not written it yet; or it has, and given its lease back, since it was
    // looked for. Where no lease stands any more, whatever was answered before is found.
    const lease = await this.#leaseLeft(account);
    if (lease !== undefined) return { kind: 'overloaded', shard: lease };
    return this.#followUps.submit(followUp, this.#latest(account));
  }

  /** Has all leases of an account given back. @returns the shard of one that remains after all */
  async #leaseLeft(account: AccountRecord): Promise<string | undefined> {
    const known = this.#latest(account);
    const [lease] = await this.leases.open(known);
    return lease && !(await this.leases.recall(known)) ? lease.shard : undefined;
  }

  /**
   * The account as a fence may have had it read again meanwhile: on the shards of an older reach other instances may hold
   * no lease any more, and on those that were added since they may.
   */
  #latest(account: AccountRecord): AccountRecord {
    const known = this.parts.accounts.peek(account.accountId);
    return known ? laterRecord(known, account) : account;
  }

  /** The hold made under a request id, and the shard it lives on. */
  findHold(account: AccountRecord, holdId: string): Promise<{ hold: Hold; shard: string } | undefined> {
    return this.#followUps.findHold(account, holdId);
  }

  /**
   * The entry made under a key, and the shard it lives on: at home, or where its home was before. Rejects with
   * `ShardUnavailableError` when that cannot be known just now.
   */
  async findEntry(
    account: AccountRecord,
    requestId: string,
  ): Promise<{ entry: Entry; shard: string } | undefined> {
    const putOff = await this.leases.settle(account.accountId, requestId);
    const found = await this.#findEntryIn(account, requestId);
    if (found) return found;
    // The account may have moved since its record was read here.
    const fresh = await this.parts.accounts.read(account.accountId);
    const foundThere =
      fresh && fresh.revision !== account.revision ? await this.#findEntryIn(fresh, requestId) : undefined;
    if (foundThere || putOff === undefined) return foundThere;
    throw new ShardUnavailableError(putOff, 'what was answered could not be written just now');
  }

  async #findEntryIn(
    account: AccountRecord,
    requestId: string,
  ): Promise<{ entry: Entry; shard: string } | undefined> {
    const { placement, subAccounts, past } = account;
    const home = routeRequest(requestId, placement, subAccounts);
    const shards = [home.shard, ...pastHomes(requestId, placement, past)];
    await this.parts.shards.ensure(shards);
    const found = await Promise.all(
      shards.map(async (shard) => ({
        shard,
        entry: await this.parts.shards.shard(shard).findEntry(account.accountId, requestId),
      })),
    );
    for (const { shard, entry } of found) if (entry) return { shard, entry };
    return undefined;
  }

  /** Resolves when every lane has run dry. Nothing new may be submitted meanwhile. */
  async whenIdle(): Promise<void> {
    await this.leases.whenIdle();
    await this.parts.homeDeductions.whenIdle();
    await this.parts.collector.whenIdle();
    await this.parts.shards.whenIdle();
  }

  #tryOnce(request: Request, account: AccountRecord): Told | Promise<Told> {
    const decide = (): Told | Promise<Told> =>
      this.leases.earlier(request) ?? this.#execute(request, account, 'as its strategy says');
    return this.leases.concern(account)
      ? this.leases.inTurn(request.accountId, request.requestId, async () => decide())
      : decide();
  }

  /** What was answered from a lease that was lost is charged like this: its key is known to be its own. */
  #tryDurably(request: Request, account: AccountRecord): Promise<Told> {
    return this.#execute(request, account, 'durably');
  }

  async #execute(
    request: Request,
    account: AccountRecord,
    how: 'as its strategy says' | 'durably',
  ): Promise<Told> {
    if (account.past.length > 0) {
      const earlier = await this.#lookUpPastHomes(request, account);
      if (earlier) return earlier;
    }
    if (request.budgets) return this.#charged.execute({ ...request, budgets: request.budgets }, account);
    const { shards, collector } = this.parts;
    const { shard, command } = routeToHome(request, account, {
      newId: () => this.parts.surroundings.newId(),
      takesShares: (name) => !shards.has(name) || !shards.lanes(name).isDown,
    });
    if (!shards.has(shard)) {
      await shards.ensure([shard]);
      if (!shards.has(shard)) return { shard, outcome: { kind: 'shardUnavailable', shard } };
    }
    if (command.kind === 'deduct' || command.kind === 'hold') {
      if (account.subAccounts > 1 && !account.allowance) this.parts.rebalancer.note(account.accountId);
      if (collector.expectsShort(request.accountId, request.amountMinor))
        return this.#collect(request, shard, account);
    }
    const outcome =
      command.kind === 'deduct'
        ? await this.#deduct({ shard, command, account }, how)
        : await shards.lanes(shard).submit(command);
    // On one shard too: shares of a credit may be on their way between its rows.
    if (outcome.kind === 'insufficientFunds') return this.#collect(request, shard, account);
    if (outcome.kind === 'applied' && outcome.departures.length > 0)
      await awaitSpread(this.parts, shard, outcome.departures);
    return { shard, outcome };
  }

  #deduct(
    at: { readonly shard: string; readonly command: DeductCommand; readonly account: AccountRecord },
    how: 'as its strategy says' | 'durably',
  ): Promise<LaneOutcome> {
    const { shard, command, account } = at;
    const { homeDeductions, shards } = this.parts;
    if (dependsOnIntake(command) || command.payee) return shards.lanes(shard).submit(command);
    if (account.strategy !== 'leased' || how === 'durably')
      return homeDeductions.deduct(shard, command, account.strategy);
    return this.leases.deduct(at, () => homeDeductions.deduct(shard, command, account.strategy));
  }

  /** Nobody is refused for want of money that leases hold: they are given back first. */
  async #collect(
    request: Request | PinnedDebit | ShortCharge,
    shard: string,
    account: AccountRecord,
  ): Promise<Told> {
    for (let recalls = 0; ; recalls += 1) {
      const { shard: at, outcome } = await this.parts.collector.collect(request, shard, account);
      if (outcome.kind === 'insufficientFunds' && !account.allowance)
        this.parts.meter?.refused(request.accountId);
      if (outcome.kind !== 'lent') return { shard: at, outcome };
      if (recalls >= RECALLS_MAX || !(await this.leases.recall(account)))
        return { shard: at, outcome: { kind: 'overloaded', shard: at } };
    }
  }

  /** A key that took effect under a past placement is found there: the fence lets nothing be added. */
  async #lookUpPastHomes(request: Request, account: AccountRecord): Promise<Told | undefined> {
    for (const shard of pastHomes(request.requestId, account.placement, account.past)) {
      const entry = await this.parts.lookUps.find(shard, request.accountId, request.requestId);
      if (entry) return { shard, outcome: await earlierUse(request, entry, this.parts.shards.shard(shard)) };
      const record = await this.#earlierDelivery(request, shard);
      if (record) return { shard, outcome: { kind: 'received', record, replayed: true } };
    }
    return undefined;
  }

  /** A message that was received, or rejected, stays so where it was. */
  async #earlierDelivery(request: Request, shard: string): Promise<IntakeRecord | undefined> {
    if (request.kind !== 'deduct' || !request.isMessage) return undefined;
    const record = await this.parts.intakes.find(shard, request.accountId, request.requestId);
    return record?.fingerprint === request.fingerprint && record.state !== 'moved' ? record : undefined;
  }

  /** A found key outranks the limit, so it is looked up before the refusal leaves. */
  async #turnAway(
    { requestId, fingerprint }: Request,
    account: AccountRecord,
    admission: NotAdmitted,
  ): Promise<EngineOutcome> {
    const [home = ''] = account.placement.shards;
    return turnedAway(admission, await this.findEntry(account, requestId), { fingerprint, home });
  }

  /** Whether an account has room for what comes to it. Rejects when that cannot be read. */
  async admit(account: AccountRecord, amountMinor: bigint): Promise<Admission> {
    const { shards, balances, balanceLimit } = this.parts;
    const { accountId } = account;
    const [shard = ''] = account.placement.shards;
    // What is granted on credit takes room in the rows like any other money.
    const readTotal = async (): Promise<bigint> => {
      const balance = await shards.within(LIMIT_READ_MS_MAX, shard, balances.current(account));
      return balance.totalMinor + balance.grantedMinor;
    };
    try {
      return await balanceLimit.admit(accountId, amountMinor, readTotal);
    } catch (error) {
      if (!(error instanceof ShardUnavailableError)) throw error;
      // The account's limit is a soft one: a shard that cannot be read must neither keep money from coming in elsewhere
      // nor make it wait, as long as it is no more than is ever credited.
      const admission = balanceLimit.admitUnread(accountId, amountMinor);
      if (admission.kind !== 'admitted') throw error;
      return admission;
    }
  }
}

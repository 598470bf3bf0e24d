import type { Entry } from '../ledger/entry';
import { pastHomes, routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import { ShardUnavailableError } from '../shards/faults';
import type { AccountCache } from './account-cache';
import type { Balances } from './balances';
import type { Collector } from './collector';
import type { CreditLimit } from './credit-limit';
import { earlierUse } from './earlier-use';
import type { EngineOutcome, LaneOutcome } from './engine-outcome';
import type { KeyLookUps } from './key-look-ups';
import type { EngineObserver } from './observer';
import type { Rebalancer } from './rebalancer';
import { type Request, routeToHome } from './router';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';

/** How long a request waits for a placement that is changing. A fence takes milliseconds, and is given up before this. */
const FENCE_WAIT_MS_MAX = 5_000;
const FENCE_PAUSE_MS_MIN = 3;
const FENCE_PAUSE_MS_MAX = 25;

/** How long a spread credit waits for its shares to arrive before it is answered; they arrive in any case. */
const SPREAD_WAIT_MS_MAX = 2_000;
/** A credit waits no longer for the reading of a limit that is a soft one. */
const LIMIT_READ_MS_MAX = 500;

export interface EngineParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly transfers: Transfers;
  readonly collector: Collector;
  readonly rebalancer: Pick<Rebalancer, 'note'>;
  readonly balances: Balances;
  readonly lookUps: KeyLookUps;
  readonly creditLimit: CreditLimit;
  readonly observer: EngineObserver;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Where an outcome comes from, and what it is. */
interface Told {
  readonly shard: string;
  readonly outcome: LaneOutcome;
}

/** Commands in, outcomes out: routes a request to its home, through its lane, and tells what it came to. */
export class Engine {
  constructor(private readonly parts: EngineParts) {}

  /**
   * Carries out a request on a known account. Resolves once the outcome is durable, or with why there is none; rejects
   * only when something beside its home had to be read and could not be.
   */
  async submit(request: Request, account: AccountRecord): Promise<EngineOutcome> {
    if (request.kind === 'credit') {
      const refused = await this.#refuseAboveLimit(request, account);
      if (refused) return refused;
    }
    let current = account;
    let waitUntil: number | undefined;
    for (let pauseMs = FENCE_PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, FENCE_PAUSE_MS_MAX)) {
      const { shard, outcome } = await this.#tryOnce(request, current);
      if (outcome.kind === 'applied' || outcome.kind === 'replayed') return { ...outcome, shard };
      if (outcome.kind !== 'fenced') return outcome;

      // Its home has gone on to another placement. The new one may not be active yet.
      waitUntil ??= this.parts.now() + FENCE_WAIT_MS_MAX;
      if (this.parts.now() > waitUntil) return { kind: 'shardUnavailable', shard };
      const fresh = await this.#reread(current);
      if (fresh.placement.epoch === current.placement.epoch) await this.parts.sleep(pauseMs);
      current = fresh;
    }
  }

  /** The entry made under a key, and the shard it lives on: at home, or where its home was before. */
  async findEntry(
    account: AccountRecord,
    requestId: string,
  ): Promise<{ entry: Entry; shard: string } | undefined> {
    const found = await this.#findEntryIn(account, requestId);
    if (found) return found;
    // The account may have moved since its record was read here.
    const fresh = await this.parts.accounts.reread(account.accountId);
    return fresh && fresh.revision !== account.revision ? this.#findEntryIn(fresh, requestId) : undefined;
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
    await this.parts.collector.whenIdle();
    await this.parts.shards.whenIdle();
  }

  async #tryOnce(request: Request, account: AccountRecord): Promise<Told> {
    if (account.past.length > 0) {
      const earlier = await this.#lookUpPastHomes(request, account);
      if (earlier) return earlier;
    }
    const { shard, command } = routeToHome(request, account);
    const { shards, collector } = this.parts;
    if (!shards.has(shard)) {
      await shards.ensure([shard]);
      if (!shards.has(shard)) return { shard, outcome: { kind: 'shardUnavailable', shard } };
    }
    if (command.kind === 'deduct') {
      if (account.subAccounts > 1) this.parts.rebalancer.note(account.accountId);
      if (collector.expectsShort(request.accountId, request.amountMinor))
        return collector.collect(request, shard, account.placement.epoch);
    }
    const outcome = await shards.lanes(shard).submit(command);
    // On one shard too: shares of a credit may be on their way between its rows.
    if (outcome.kind === 'insufficientFunds')
      return collector.collect(request, shard, account.placement.epoch);
    if (outcome.kind === 'applied' && outcome.departures.length > 0)
      await this.#awaitSpread(shard, outcome.departures);
    return { shard, outcome };
  }

  /** A key that took effect under a past placement is found there: the fence lets nothing be added. */
  async #lookUpPastHomes(request: Request, account: AccountRecord): Promise<Told | undefined> {
    for (const shard of pastHomes(request.requestId, account.placement, account.past)) {
      const entry = await this.parts.lookUps.find(shard, request.accountId, request.requestId);
      if (entry) return { shard, outcome: earlierUse(entry, request.fingerprint) };
    }
    return undefined;
  }

  /** The account as the directory has it; as it is known while the directory is away. */
  async #reread(account: AccountRecord): Promise<AccountRecord> {
    try {
      return (await this.parts.accounts.read(account.accountId)) ?? account;
    } catch (error) {
      if (error instanceof DirectoryUnavailableError) return account;
      throw error;
    }
  }

  /** A found key outranks the limit, so it is looked up before the refusal leaves. */
  async #refuseAboveLimit(request: Request, account: AccountRecord): Promise<EngineOutcome | undefined> {
    const readTotal = (): Promise<bigint> => this.#readTotal(account);
    try {
      if (await this.parts.creditLimit.admits(account.accountId, request.amountMinor, readTotal))
        return undefined;
    } catch (error) {
      // The account's limit is a soft one: a shard that cannot be read must neither keep money from coming in elsewhere
      // nor make it wait.
      if (error instanceof ShardUnavailableError) return undefined;
      throw error;
    }
    const found = await this.findEntry(account, request.requestId);
    if (!found) return { kind: 'balanceLimitExceeded' };
    const earlier = earlierUse(found.entry, request.fingerprint);
    return earlier.kind === 'replayed' ? { ...earlier, shard: found.shard } : earlier;
  }

  /** Rejects with `ShardUnavailableError` when a shard cannot be read soon. */
  async #readTotal(account: AccountRecord): Promise<bigint> {
    const waited = new AbortController();
    const late = this.parts.sleep(LIMIT_READ_MS_MAX, waited.signal).then(() => undefined);
    try {
      const balance = await Promise.race([this.parts.balances.current(account), late]);
      if (balance) return balance.totalMinor;
    } finally {
      waited.abort();
    }
    throw new ShardUnavailableError(account.placement.shards[0] ?? '', 'the total was not read in time');
  }

  /** The credit is durable already; waiting only lets the next deduction find the money wherever its home is. */
  async #awaitSpread(fromShard: string, departures: Parameters<Transfers['forward']>[1]): Promise<void> {
    const forwarding = this.parts.transfers.forward(fromShard, departures).catch((error: unknown) => {
      this.parts.observer.deferred(`transfers that left ${fromShard}`, error);
    });
    const waited = new AbortController();
    await Promise.race([forwarding, this.parts.sleep(SPREAD_WAIT_MS_MAX, waited.signal)]);
    waited.abort();
  }
}

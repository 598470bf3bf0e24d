import type { Entry } from '../ledger/entry';
import { routeRequest } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';
import { ShardUnavailableError } from '../shards/faults';
import type { AccountCache } from './account-cache';
import type { CreditLimit } from './credit-limit';
import type { EngineOutcome } from './engine-outcome';
import type { EngineObserver } from './observer';
import { type Balance, readBalance } from './read-balance';
import { type Request, routeToHome } from './router';
import type { ShardSet } from './shard-set';
import type { Transfers } from './transfers';

/** How often a fenced request is routed again before it is answered `overloaded`. */
const FENCES_MAX = 20;
const FENCE_PAUSE_MS = 25;

/** How long a spread credit waits for its shares to arrive before it is answered; they arrive in any case. */
const SPREAD_WAIT_MS_MAX = 2_000;

export interface EngineParts {
  readonly shards: ShardSet;
  readonly accounts: AccountCache;
  readonly transfers: Transfers;
  readonly creditLimit: CreditLimit;
  readonly observer: EngineObserver;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Commands in, outcomes out: routes a request to its home, through its lane, and tells what it came to. */
export class Engine {
  constructor(private readonly parts: EngineParts) {}

  /**
   * Carries out a request on a known account. Resolves once the outcome is durable, or with why there is none; rejects
   * only when the account's total was needed and a shard could not be read.
   */
  async submit(request: Request, account: AccountRecord): Promise<EngineOutcome> {
    if (request.kind === 'credit') {
      const refused = await this.#refuseAboveLimit(request, account);
      if (refused) return refused;
    }
    let current = account;
    for (let tries = 0; tries < FENCES_MAX; tries += 1) {
      const { shard, command } = routeToHome(request, current);
      if (!this.parts.shards.has(shard)) return { kind: 'shardUnavailable', shard };
      const outcome = await this.parts.shards.lanes(shard).submit(command);
      if (outcome.kind === 'applied' && outcome.departures.length > 0)
        await this.#awaitSpread(shard, outcome.departures);
      if (outcome.kind === 'applied' || outcome.kind === 'replayed') return { ...outcome, shard };
      if (outcome.kind !== 'fenced') return outcome;

      if (tries > 0) await this.parts.sleep(FENCE_PAUSE_MS);
      current = (await this.parts.accounts.read(request.accountId)) ?? current;
    }
    return { kind: 'overloaded', shard: current.placement.shards[0] ?? '' };
  }

  /** The entry made under a key, and the shard it lives on. */
  async findEntry(
    account: AccountRecord,
    requestId: string,
  ): Promise<{ entry: Entry; shard: string } | undefined> {
    const { shard } = routeRequest(requestId, account.placement, account.subAccounts);
    const entry = await this.parts.shards.shard(shard).findEntry(account.accountId, requestId);
    return entry && { entry, shard };
  }

  readBalance(account: AccountRecord): Promise<Balance> {
    return readBalance(this.parts.shards, account);
  }

  /** Resolves when every lane has run dry. Nothing new may be submitted meanwhile. */
  whenIdle(): Promise<void> {
    return this.parts.shards.whenIdle();
  }

  /** A found key outranks the limit, so it is looked up before the refusal leaves. */
  async #refuseAboveLimit(request: Request, account: AccountRecord): Promise<EngineOutcome | undefined> {
    const readTotal = async (): Promise<bigint> => (await this.readBalance(account)).totalMinor;
    try {
      if (await this.parts.creditLimit.admits(account.accountId, request.amountMinor, readTotal))
        return undefined;
    } catch (error) {
      // The account's limit is a soft one: a shard that cannot be read must not keep money from coming in elsewhere.
      if (error instanceof ShardUnavailableError) return undefined;
      throw error;
    }
    const found = await this.findEntry(account, request.requestId);
    if (!found) return { kind: 'balanceLimitExceeded' };
    return found.entry.fingerprint === request.fingerprint
      ? { kind: 'replayed', ...found }
      : { kind: 'keyReused' };
  }

  /** The credit is durable already; waiting only lets the next deduction find the money wherever its home is. */
  async #awaitSpread(fromShard: string, departures: Parameters<Transfers['forward']>[1]): Promise<void> {
    const forwarding = this.parts.transfers.forward(fromShard, departures).catch((error: unknown) => {
      this.parts.observer.deferred(`transfers that left ${fromShard}`, error);
    });
    await Promise.race([forwarding, this.parts.sleep(SPREAD_WAIT_MS_MAX)]);
  }
}

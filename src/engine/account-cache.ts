import { IDEMPOTENCY_WINDOW_MS } from '../ledger/routing';
import type { AccountRecord } from '../shards/directory/account-record';

export interface AccountSource {
  /** The account as it is after this call, for which callers of the same moment may share a reading. */
  findAccount(accountId: string): Promise<AccountRecord | undefined>;
}

export interface AccountCacheSettings {
  readonly accountsMax: number;
  /** After this age an account is read again in the background; until that succeeds, the old one is used. */
  readonly refreshMs: number;
  /** How long past placements matter: keys made under an older one are not looked for any more. */
  readonly windowMs: number;
}

export const ACCOUNT_CACHE_SETTINGS: AccountCacheSettings = {
  accountsMax: 100_000,
  refreshMs: 60_000,
  windowMs: IDEMPOTENCY_WINDOW_MS,
};

/**
 * How much longer than promised keys are looked up. The directory's clock may be another one after a failover; by this
 * much it may be ahead of the one before without a key being forgotten too early.
 */
const WINDOW_SLACK_MS = 3_600_000;

interface Cached {
  readonly account: AccountRecord;
  readAt: number;
  /** Since it was read, or last spared. */
  wasUsed: boolean;
}

/** Accounts in use that are spared for one that is dropped, at most. */
const SPARED_MAX = 8;

/**
 * The accounts that this instance routes, read from the directory once and then in the background.
 *
 * Routing by an old record does no harm: a row turns back commands that were routed by an older placement than its own,
 * and the router then asks for a fresh record. So known accounts go on when the directory is away, for as long as that
 * lasts: what an account may pay, its status included, is decided by its rows. Unknown accounts are not remembered.
 *
 * A full cache drops the account that was read longest ago, unless it was used since: then it gets a second chance. So a
 * flood of accounts that are asked for once does not push out those that pay all the time.
 */
export class AccountCache {
  readonly #accounts = new Map<string, Cached>();

  constructor(
    private readonly source: AccountSource,
    private readonly settings: AccountCacheSettings,
    private readonly now: () => number,
  ) {}

  /** The account if it is known already: the hot path, without a promise. */
  peek(accountId: string): AccountRecord | undefined {
    const cached = this.#accounts.get(accountId);
    if (!cached) return undefined;
    cached.wasUsed = true;
    if (this.now() - cached.readAt > this.settings.refreshMs) {
      cached.readAt = this.now();
      this.read(accountId).catch(() => undefined);
    }
    return cached.account;
  }

  /** Reads an account anew in the background, if it is known here. */
  refresh(accountId: string): void {
    if (this.#accounts.has(accountId)) this.read(accountId).catch(() => undefined);
  }

  /**
   * The account as the directory has it after this call began. A reading that is under way is not shared: it may have missed
   * a change, or a creation, that the caller has been told of since.
   */
  async read(accountId: string): Promise<AccountRecord | undefined> {
    const found = await this.source.findAccount(accountId);
    if (!found) {
      this.#accounts.delete(accountId);
      return undefined;
    }
    const account = found.past.length === 0 ? found : { ...found, past: this.#inWindow(found) };
    // A reading that was overtaken by a later one does not bring the old state back.
    const known = this.#accounts.get(accountId)?.account;
    if (known && known.revision > account.revision) return known;
    this.#accounts.delete(accountId);
    this.#accounts.set(accountId, { account, readAt: this.now(), wasUsed: false });
    if (this.#accounts.size > this.settings.accountsMax) this.#dropOne();
    return account;
  }

  #dropOne(): void {
    let spared = 0;
    for (const [accountId, cached] of this.#accounts) {
      this.#accounts.delete(accountId);
      if (!cached.wasUsed || spared === SPARED_MAX) return;
      spared += 1;
      cached.wasUsed = false;
      this.#accounts.set(accountId, cached);
    }
  }

  /**
   * Both the end of a placement and the moment of this reading come from the directory's clock: no instance's clock
   * decides whether a key is still looked up.
   */
  #inWindow({ past, readAtUs }: AccountRecord): AccountRecord['past'] {
    const oldestUs = readAtUs - (this.settings.windowMs + WINDOW_SLACK_MS) * 1_000;
    return past.filter(({ fencedAtUs }) => fencedAtUs > oldestUs);
  }
}

import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { canonicalMap, fingerprint } from '../engine/fingerprint';
import { EngineRuntime } from '../engine/runtime';
import { OPENING_BALANCE_KEY } from '../ledger/identifiers';
import { BALANCE_MAX_MINOR } from '../ledger/money';
import type { Strategy } from '../ledger/strategy';
import { choosePlacement, subAccountsOn } from '../ledger/routing';
import { autoSplitText } from '../shards/directory/auto-split';
import { behindPrefix } from '../shards/directory/id-range';
import { type AccountRecord, type NewAccountRecord, rowStatusOf } from '../shards/directory/account-record';
import { NO_CREDIT } from '../shards/directory/credit-line';
import { type AccountChange, DirectoryOverloadedError } from '../shards/directory/directory';
import { ShardUnavailableError } from '../shards/faults';
import { Places } from '../shards/places';

export interface NewAccount {
  readonly accountId: string;
  readonly asset: string;
  /** `null` where none is asked for: then it may be split by itself. */
  readonly subAccounts: number | null;
  readonly strategy: Strategy;
  readonly initialBalanceMinor: bigint | null;
  readonly lowBalanceMinor: bigint | null;
  /** So much may it be in debt for; nothing by default. */
  readonly creditLimitMinor?: bigint | null;
}

export type AccountCreation =
  | { readonly kind: 'created'; readonly account: AccountRecord }
  /** The same account was asked for before. */
  | { readonly kind: 'existed'; readonly account: AccountRecord }
  /**
   * The account exists and was made from another request. `fields` are those in which the account as it is now differs from
   * this one: none, where what differed has been changed since.
   */
  | { readonly kind: 'conflict'; readonly fields: readonly string[] };

/** What came of a change of an account. */
export type StrategyChoice =
  | { readonly kind: 'chosen'; readonly account: AccountRecord }
  | { readonly kind: 'accountNotFound' }
  | { readonly kind: 'accountClosed' }
  /** The account has changed since the revision that the caller named. */
  | { readonly kind: 'changedMeanwhile' }
  /** What it has and what it may spend on credit are more than an account can hold together. */
  | { readonly kind: 'balanceLimitExceeded' };

export interface AccountPage {
  /** Behind this id. */
  readonly after: string;
  readonly limit: number;
  /** `null` for all accounts. */
  readonly prefixes: readonly string[] | null;
  /** Pairs that accounts must have attached, the rarest first. */
  readonly metadata?: readonly (readonly [string, string])[];
}

/** Tries of a change that others come before. */
const CHANGES_MAX = 10;

/** Accounts that have the first of some pairs: read by one statement, and gone through by one call. */
const TAGGED_TOGETHER = 500;
const TAGGED_MAX = 5_000;

/** Accounts that are made at once, and requests for more that may wait. Each takes some statements on directory and shards. */
const CREATIONS = { places: 32, waitingMax: 1_000, waitMsMax: 10_000 };

const SWEEP_MS = 5_000;
const SWEEP_ACCOUNTS_MAX = 100;

/** Accounts: made by a job that anyone may finish, read from the directory. */
@Injectable()
export class AccountService implements OnApplicationBootstrap, OnApplicationShutdown {
  #sweep: NodeJS.Timeout | undefined;
  readonly #creations: Places;
  #finishing: Promise<void> | undefined;
  #finishedUpTo: AccountRecord | undefined;

  constructor(private readonly runtime: EngineRuntime) {
    this.#creations = new Places(CREATIONS, (ms, run) => runtime.surroundings.later(ms, run));
  }

  onApplicationBootstrap(): void {
    this.#sweep = setInterval(() => void this.finishCreations(), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweep);
  }

  /**
   * Creates an account with its rows and opening balance. Each step is idempotent and the record says whether they were
   * all taken, so that the same call again, or a sweep by any instance, finishes what a crash cut short.
   *
   * Rejects with `ShardUnavailableError` or `DirectoryUnavailableError`, also when too many are being made; asking again
   * continues.
   */
  async create(wanted: NewAccount): Promise<AccountCreation> {
    const leave = await this.#creations.enter();
    if (!leave) throw new DirectoryOverloadedError('too many accounts are being made');
    try {
      return await this.#create(wanted);
    } finally {
      leave();
    }
  }

  async #create(wanted: NewAccount): Promise<AccountCreation> {
    const { inserted, account } = await this.#write(wanted);
    if (account.fingerprint !== fingerprintOf(wanted))
      return { kind: 'conflict', fields: differingFields(wanted, account) };
    if (account.creation === 'creating') await this.#finishCreation(account);
    const made = account.credit.isUnsettled ? await this.runtime.accounts.read(account.accountId) : account;
    return { kind: inserted ? 'created' : 'existed', account: made ?? account };
  }

  /** The record is not written when a shard was removed that this instance still knew: the second try does without it. */
  async #write(wanted: NewAccount): Promise<{ inserted: boolean; account: AccountRecord }> {
    const { directory, accounts } = this.runtime;
    for (let tries = 1; ; tries += 1) {
      const record = this.#record(wanted);
      const inserted = await directory.insertAccount(record);
      const account = await accounts.read(wanted.accountId);
      if (account) return { inserted, account };
      if (tries > 1)
        throw new ShardUnavailableError(record.placement.shards.join(', '), 'a shard is being removed');
      await this.runtime.registry.discover();
    }
  }

  /** The account as routing knows it; may be a moment old. */
  async find(accountId: string): Promise<AccountRecord | undefined> {
    return this.runtime.accounts.peek(accountId) ?? this.runtime.accounts.read(accountId);
  }

  /** The account as the directory has it now. */
  read(accountId: string): Promise<AccountRecord | undefined> {
    return this.runtime.accounts.read(accountId);
  }

  /**
   * Changes how the account's deductions are carried out. Nothing waits for anything: the ways may be mixed.
   *
   * @param revisions of the account that the caller accepts; any by default
   */
  async chooseStrategy(
    accountId: string,
    strategy: Strategy,
    revisions: ReadonlySet<number> | undefined,
  ): Promise<StrategyChoice> {
    const account = await this.runtime.accounts.read(accountId);
    if (!account) return { kind: 'accountNotFound' };
    if (revisions?.has(account.revision) === false) return { kind: 'changedMeanwhile' };
    if (account.status === 'closed') return { kind: 'accountClosed' };
    if (account.strategy === strategy) return { kind: 'chosen', account };
    if (!(await this.runtime.directory.setStrategy(accountId, strategy, revisions && account.revision)))
      return { kind: 'changedMeanwhile' };
    const changed = await this.runtime.accounts.read(accountId);
    this.runtime.announce(accountId);
    // Instances that answer from leases hear of it with their next flush; what cannot be recalled in time runs out.
    if (changed && account.strategy === 'leased') await this.runtime.engine.leases.recall(changed);
    return changed ? { kind: 'chosen', account: changed } : { kind: 'accountNotFound' };
  }

  /**
   * Changes what is attached to an account. A change of its credit limit is waited for: it holds for every debit on any instance when
   * this resolves, or the account is said to be above it.
   *
   * Rejects with `ShardUnavailableError` when that does not get to every shard now; then it does later, and asking again joins it.
   *
   * @param revisions of the account that the caller accepts; any by default
   */
  async change(
    accountId: string,
    change: AccountChange,
    revisions: ReadonlySet<number> | undefined,
  ): Promise<StrategyChoice> {
    const { creditLimitMinor } = change;
    const changesCredit = creditLimitMinor !== undefined;
    for (let tries = 1; ; tries += 1) {
      const account = await this.runtime.accounts.read(accountId);
      if (!account) return { kind: 'accountNotFound' };
      if (revisions?.has(account.revision) === false) return { kind: 'changedMeanwhile' };
      if (account.status === 'closed') return { kind: 'accountClosed' };
      if (isAsIt(account, change)) {
        const settled = changesCredit ? await this.#settleCredit(accountId) : account;
        return settled ? { kind: 'chosen', account: settled } : { kind: 'accountNotFound' };
      }
      if (!(await this.#hasRoomFor(account, creditLimitMinor ?? 0n))) return { kind: 'balanceLimitExceeded' };
      if (await this.#changeOnce(account, change, revisions !== undefined)) break;
      if (revisions || tries === CHANGES_MAX) return { kind: 'changedMeanwhile' };
    }
    const changed = await (changesCredit
      ? this.#settleCredit(accountId)
      : this.runtime.accounts.read(accountId));
    this.runtime.announce(accountId);
    return changed ? { kind: 'chosen', account: changed } : { kind: 'accountNotFound' };
  }

  /** Metadata is changed only from the revision that was read, so that its index is never short of it; see `AccountTags`. */
  async #changeOnce(account: AccountRecord, change: AccountChange, isExact: boolean): Promise<boolean> {
    const { directory } = this.runtime;
    const { accountId, revision } = account;
    const { metadata } = change;
    if (metadata === undefined)
      return directory.changeAccount(accountId, change, isExact ? revision : undefined);
    await directory.tags.add(accountId, metadata, revision + 1);
    if (!(await directory.changeAccount(accountId, change, revision))) return false;
    await directory.tags.removeStale(accountId, metadata, revision + 1).catch((error: unknown) => {
      // They name an account that has the pair no more, which whoever finds it sees; the next change removes them.
      this.runtime.observer.deferred('metadata of accounts', error);
    });
    return true;
  }

  #settleCredit(accountId: string): Promise<AccountRecord | undefined> {
    return this.runtime.creditLines.settle(accountId);
  }

  /** What is granted lies in the account's rows, beside what it has. */
  async #hasRoomFor(account: AccountRecord, creditLimitMinor: bigint): Promise<boolean> {
    if (creditLimitMinor <= (account.credit.limitMinor ?? 0n)) return true;
    const { totalMinor } = await this.runtime.balances.current(account);
    return totalMinor + creditLimitMinor <= BALANCE_MAX_MINOR;
  }

  /** Accounts in the order of their ids: those with one of some prefixes and some metadata, or all of them. */
  async list(page: AccountPage): Promise<{ accounts: AccountRecord[]; next?: string }> {
    const [rarest, ...others] = page.metadata ?? [];
    if (rarest) return this.#listTagged(page, rarest, others);
    const accounts = await this.#listed({ ...page, limit: page.limit + 1 });
    if (accounts.length <= page.limit) return { accounts };
    const shown = accounts.slice(0, page.limit);
    const last = shown.at(-1);
    return last ? { accounts: shown, next: last.accountId } : { accounts: shown };
  }

  async #listTagged(
    { after, limit, prefixes }: AccountPage,
    [key, value]: readonly [string, string],
    others: NonNullable<AccountPage['metadata']>,
  ): Promise<{ accounts: AccountRecord[]; next?: string }> {
    const accounts: AccountRecord[] = [];
    let looked = 0;
    for (const prefix of withoutNested(prefixes ?? [''])) {
      for (let behind: string | undefined = after; behind !== undefined;) {
        if (looked >= TAGGED_MAX) return { accounts, next: behind };
        const page: AccountRecord[] = await this.runtime.directory.tags.find({
          key,
          value,
          prefix,
          after: behind,
          limit: TAGGED_TOGETHER,
        });
        looked += TAGGED_TOGETHER;
        for (const account of page) {
          if (!hasAttached(account, [[key, value], ...others])) continue;
          accounts.push(account);
          if (accounts.length === limit) return { accounts, next: account.accountId };
        }
        behind = page.length < TAGGED_TOGETHER ? undefined : page.at(-1)?.accountId;
      }
    }
    return { accounts };
  }

  async #listed({ after, limit, prefixes }: AccountPage): Promise<AccountRecord[]> {
    const { directory } = this.runtime;
    if (prefixes === null) return directory.listAccounts({ after, limit });
    const accounts: AccountRecord[] = [];
    for (const prefix of withoutNested(prefixes)) {
      if (accounts.length === limit) break;
      if (behindPrefix(prefix) <= after) continue;
      accounts.push(...(await directory.listAccounts({ after, limit: limit - accounts.length, prefix })));
    }
    return accounts;
  }

  /**
   * Finishes creations that were cut short, a page of them; those that cannot be finished now are passed by, and come again
   * after the others. Never rejects; callers share a turn that is under way.
   */
  finishCreations(): Promise<void> {
    this.#finishing ??= this.#finishPage()
      .catch((error: unknown) => {
        this.runtime.observer.deferred('account creations', error);
      })
      .finally(() => {
        this.#finishing = undefined;
      });
    return this.#finishing;
  }

  async #finishPage(): Promise<void> {
    const unfinished = await this.runtime.directory.unfinishedCreations({
      limit: SWEEP_ACCOUNTS_MAX,
      olderThanMs: SWEEP_MS,
      after: this.#finishedUpTo,
    });
    this.#finishedUpTo = unfinished.length < SWEEP_ACCOUNTS_MAX ? undefined : unfinished.at(-1);
    // One that cannot be finished yet must not keep the others waiting.
    const finished = await Promise.allSettled(unfinished.map((account) => this.#finishCreation(account)));
    const failed = finished.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #finishCreation(account: AccountRecord): Promise<void> {
    const { accountId, placement, subAccounts, statusVersion } = account;
    const accountStatus = rowStatusOf(account);
    await this.runtime.shards.ensure(placement.shards);
    const down = placement.shards.find((name) => this.runtime.shards.lanes(name).isDown);
    if (down !== undefined) throw new ShardUnavailableError(down, 'it could not be reached just now');
    await Promise.all(
      placement.shards.map((name) =>
        this.runtime.shards.shard(name).createSubAccounts(
          subAccountsOn(name, placement, subAccounts).map((index) => ({
            accountId,
            index,
            epoch: placement.epoch,
            accountStatus,
            accountStatusVersion: statusVersion,
          })),
        ),
      ),
    );
    if (account.openingBalanceMinor !== null)
      await this.#creditOpeningBalance(account, account.openingBalanceMinor);
    if (account.credit.isUnsettled) await this.runtime.creditLines.settle(accountId);
    await this.runtime.directory.finishCreation(accountId);
  }

  async #creditOpeningBalance(account: AccountRecord, amountMinor: bigint): Promise<void> {
    const outcome = await this.runtime.engine.submit(
      {
        kind: 'credit',
        accountId: account.accountId,
        requestId: OPENING_BALANCE_KEY,
        amountMinor,
        fingerprint: fingerprint('credit', amountMinor, null, canonicalMap(undefined)),
        reference: null,
        metadata: null,
      },
      account,
    );
    if (outcome.kind === 'applied' || outcome.kind === 'replayed') return;
    const shard = 'shard' in outcome ? outcome.shard : account.accountId;
    throw new ShardUnavailableError(shard, `the opening balance is not credited yet (${outcome.kind})`);
  }

  #record(wanted: NewAccount): NewAccountRecord {
    const {
      accountId,
      asset,
      strategy,
      lowBalanceMinor,
      initialBalanceMinor,
      creditLimitMinor = null,
    } = wanted;
    const subAccounts = sizeOf(wanted);
    return {
      accountId,
      asset,
      strategy,
      subAccounts,
      lowBalanceMinor,
      metadata: null,
      autoSplit: autoSplitText({ enabled: wanted.subAccounts === null }),
      credit: { ...NO_CREDIT, limitMinor: creditLimitMinor, isUnsettled: creditLimitMinor !== null },
      openingBalanceMinor: initialBalanceMinor,
      status: 'active',
      statusVersion: 1,
      revision: 1,
      placement: { epoch: 1, shards: choosePlacement(accountId, this.runtime.shards.names, subAccounts) },
      creation: 'creating',
      fingerprint: fingerprintOf(wanted),
    };
  }
}

/** In the order of the ids that begin with them, and none that begins with another: what they cover does not overlap. */
function withoutNested(prefixes: readonly string[]): string[] {
  const sorted = [...new Set(prefixes)].sort();
  return sorted.filter((prefix) => !sorted.some((other) => other !== prefix && prefix.startsWith(other)));
}

function hasAttached({ metadata }: AccountRecord, pairs: readonly (readonly [string, string])[]): boolean {
  const attached = new Map(Object.entries(JSON.parse(metadata ?? '{}') as Record<string, string>));
  return pairs.every(([key, value]) => attached.get(key) === value);
}

/**
 * The prefixes of accounts that are asked for among those that a caller may see.
 *
 * @param allowed `null` for all
 */
export function prefixesWithin(
  allowed: readonly string[] | null,
  asked: string | undefined,
): readonly string[] | null {
  if (asked === undefined) return allowed;
  if (allowed === null) return [asked];
  return allowed.flatMap((prefix) =>
    prefix.startsWith(asked) ? [prefix] : asked.startsWith(prefix) ? [asked] : [],
  );
}

/** Nothing would change: the account keeps its `ETag`. */
function isAsIt(account: AccountRecord, change: AccountChange): boolean {
  const { lowBalanceMinor, metadata, requestsPerSecond, deductionsPerSecond, autoSplit, creditLimitMinor } =
    change;
  const { rates, credit } = account;
  return (
    (lowBalanceMinor === undefined || lowBalanceMinor === account.lowBalanceMinor) &&
    (metadata === undefined || metadata === account.metadata) &&
    (requestsPerSecond === undefined || requestsPerSecond === (rates?.requestsPerSecond ?? null)) &&
    (deductionsPerSecond === undefined || deductionsPerSecond === (rates?.deductionsPerSecond ?? null)) &&
    (autoSplit === undefined || autoSplit === account.autoSplit) &&
    (creditLimitMinor === undefined || creditLimitMinor === credit.limitMinor)
  );
}

function differingFields(wanted: NewAccount, account: AccountRecord): string[] {
  const differs = {
    asset: account.asset !== wanted.asset,
    subAccounts: account.subAccounts !== sizeOf(wanted),
    strategy: account.strategy !== wanted.strategy,
    initialBalance: account.openingBalanceMinor !== wanted.initialBalanceMinor,
    lowBalance: account.lowBalanceMinor !== wanted.lowBalanceMinor,
    creditLimit: account.credit.limitMinor !== (wanted.creditLimitMinor ?? null),
  };
  return Object.entries(differs).flatMap(([field, isOther]) => (isOther ? [field] : []));
}

/** What an account has at first. */
function sizeOf({ subAccounts }: NewAccount): number {
  return subAccounts ?? 1;
}

/** One that is asked for and one that is not are the same size, and were the same request to earlier builds. */
function fingerprintOf(wanted: NewAccount): string {
  const { asset, strategy, initialBalanceMinor, lowBalanceMinor, creditLimitMinor = null } = wanted;
  return fingerprint(
    'account',
    asset,
    strategy,
    BigInt(sizeOf(wanted)),
    initialBalanceMinor,
    lowBalanceMinor,
    // One without a credit line was the same request to builds that had none.
    ...(creditLimitMinor === null ? [] : [creditLimitMinor]),
  );
}

import { Injectable } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { Problem } from '../contract/problem';
import { type BalanceAtRead, readBalanceAt } from '../engine/balance-at';
import { type EntriesPage, listEntries, type ListedPage } from '../engine/entry-lists';
import { type EntryFound, findEntryOf, type EntryOf } from '../engine/entry-search';
import type { EntriesSummed } from '../engine/entry-sums';
import { type PeriodsAsked, sumPeriods } from '../engine/period-sums';
import { type TailPage, type TailedPage, tailEntries } from '../engine/entry-tail';
import type { PastReader } from '../engine/settled-reach';
import { readStatement, type StatementAsked, type StatementRead } from '../engine/statements';
import type { EntryReader } from '../engine/merged-entries';
import { EngineRuntime } from '../engine/runtime';
import type { AccountRecord } from '../shards/directory/account-record';
import type { Shard } from '../shards/shard';

/** How long the clocks of shards that the account has never used are waited for. */
const CLOCK_MS_MAX = 250;

/**
 * Reads over the entries of an account, on every shard that it ever used.
 *
 * Methods reject with `ShardUnavailableError` when one of these cannot be read.
 */
@Injectable()
export class HistoryService {
  constructor(
    private readonly runtime: EngineRuntime,
    private readonly accounts: AccountService,
  ) {}

  /** @throws Problem ACCOUNT_NOT_FOUND */
  async account(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }

  /** A page of the account's entries, newest first; see `listEntries`. */
  async entries(account: AccountRecord, page: EntriesPage): Promise<ListedPage> {
    return listEntries(await this.#reader(account), account.accountId, page);
  }

  /** A page of the account's entries, oldest first; see `tailEntries`. */
  async tail(account: AccountRecord, page: TailPage): Promise<TailedPage> {
    return tailEntries(await this.#reader(account), account.accountId, page);
  }

  /** A page of a statement; see `readStatement`. */
  async statement(account: AccountRecord, asked: StatementAsked): Promise<StatementRead> {
    return readStatement(this.#past(account), account.accountId, asked);
  }

  /** What the account had at an instant (µs); see `readBalanceAt`. */
  async balanceAt(account: AccountRecord, atUs: number): Promise<BalanceAtRead> {
    return readBalanceAt(this.#past(account), account.accountId, atUs);
  }

  /** The entry made under a request id; see `findEntryOf`. */
  async find(account: AccountRecord, requestId: string, of: EntryOf): Promise<EntryFound> {
    const { engine } = this.runtime;
    const shards = await this.#shards(account);
    return findEntryOf({ engine, shards }, account, requestId, of);
  }

  /** Sums of entries by kind and period; see `sumPeriods`. */
  async sums(account: AccountRecord, asked: PeriodsAsked): Promise<EntriesSummed> {
    return sumPeriods(this.#past(account), account.accountId, asked);
  }

  async #reader(account: AccountRecord): Promise<EntryReader> {
    const { surroundings } = this.runtime;
    return { shards: await this.#shards(account), sleep: (ms) => surroundings.sleep(ms) };
  }

  #past(account: AccountRecord): PastReader<Shard> {
    const { surroundings, shards } = this.runtime;
    return {
      reach: () => this.#shards(account),
      otherClocksUs: async (reach) => {
        const others = shards.names.filter((name) => !reach.includes(name));
        const read = others.map((name) => shards.within(CLOCK_MS_MAX, name, shards.shard(name).clockUs()));
        const answers = await Promise.allSettled(read);
        return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      },
      sleep: (ms) => surroundings.sleep(ms),
    };
  }

  /** The account's reach as its rows know it: on another instance it may have moved since its record was read here. */
  async #shards(account: AccountRecord): Promise<readonly Shard[]> {
    const { balances, shards } = this.runtime;
    const { reach } = (await balances.read(account)).account;
    return reach.map((shard) => shards.shard(shard));
  }
}

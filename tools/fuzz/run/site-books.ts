import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../test/setup/eventually';
import { rawSql, type RawSql } from '../../../test/setup/raw-sql';
import type { ServiceSite } from '../../../test/setup/service-sites';
import { isAllowanceId } from '../../../src/ledger/allowance';
import { registeredLocation } from '../../../src/shards/registered-location';
import { parseShardAddress } from '../../../src/shards/shard-address';
import type { ExpectedEntry, ReadBooks } from '../oracles/expected-books';

const LOOK_AGAIN_MS = 200;

/** What each table holds, in short. */
export type Digest = Readonly<Record<'accounts' | 'keys' | 'shards' | 'operations' | 'entries', string>>;

/** The tables that changed. */
export function changedIn(before: Digest, after: Digest): string[] {
  return (Object.keys(before) as (keyof Digest)[]).filter((table) => before[table] !== after[table]);
}

/**
 * The tables that changed beside a call. A shard is there when its tables are made, which takes a while and may be for a call that
 * nobody waited for: only one that is about shards is to blame for it.
 *
 * @param where the call's path or name
 */
export function changedBy(where: string, before: Digest, after: Digest): string[] {
  return changedIn(before, after).filter((table) => table !== 'shards' || /shard/i.test(where));
}

/** Reads the databases of an installation past the service. The first shard holds the directory. */
export class SiteBooks {
  readonly #open = new Map<string, Promise<RawSql>>();

  /** @param metrics what the service says of itself */
  constructor(
    private readonly site: Pick<ServiceSite, 'folder' | 'shards'>,
    private readonly metrics: () => Promise<string>,
  ) {}

  /** Waits until nothing goes on behind the answers any more. */
  async atRest(): Promise<void> {
    await eventually('the end of all work behind the answers', async () => {
      const directory = await this.#directory();
      const [running] = await directory.run(`SELECT COUNT(*) FROM operation WHERE status = 'running'`);
      const [creating] = await directory.run(`SELECT COUNT(*) FROM account WHERE creation <> 'done'`);
      const [changing] = await directory.run(
        'SELECT COUNT(*) FROM account WHERE credit_unsettled IS NOT NULL AND over_limit = 0',
      );
      const pending = await this.#onEach('SELECT COUNT(*) FROM transfer WHERE pending IS NOT NULL');
      const unwritten = /^hotsplit_lease_unwritten_deductions (\d+)$/m.exec(await this.metrics());
      const counts = [running, creating, changing, ...pending, [unwritten?.[1]]].map((row) =>
        Number(row?.[0]),
      );
      return counts.every((count) => count === 0) ? true : undefined;
    });
  }

  async read(): Promise<ReadBooks> {
    const directory = await this.#directory();
    const names = async (sql: string): Promise<string[]> =>
      (await directory.run(sql)).map(([name]) => String(name));
    const all = await this.#onEach('SELECT account_id, request_id, kind, amount FROM entry');
    // What budgets may spend is kept in accounts of its own, which nobody is told of.
    const entries = all.filter(([accountId]) => !isAllowanceId(String(accountId)));
    return {
      entries: entries.map(([accountId, requestId, kind, amount]): ExpectedEntry => ({
        accountId: String(accountId),
        requestId: String(requestId),
        kind: String(kind),
        amount: String(amount),
      })),
      totals: await this.#totals(),
      accounts: await names('SELECT account_id FROM account'),
      keys: await names('SELECT key_id FROM api_key'),
      shards: await names('SELECT name FROM shard WHERE url IS NOT NULL'),
      // A change of status is one operation an asking, also when it is refused; one that lost a race never began.
      operations: await names(
        `SELECT operation_id FROM operation WHERE kind <> 'status' AND (error IS NULL OR error NOT LIKE '%OPERATION_IN_PROGRESS%')`,
      ),
    };
  }

  /**
   * Everything a client could notice a change of, by table, in short. Not what the rows hold: money moves between databases,
   * by itself, and is counted twice or not at all while it does; `read` compares it when all has come to rest.
   */
  async digest(): Promise<Digest> {
    const directory = await this.#directory();
    return {
      accounts: shortOf(
        await directory.run(
          'SELECT account_id, status, sub_accounts, epoch, shards, revision, low_balance FROM account ORDER BY account_id',
        ),
      ),
      keys: shortOf(await directory.run('SELECT key_id, name, scopes FROM api_key ORDER BY key_id')),
      shards: shortOf(await directory.run('SELECT name FROM shard ORDER BY name')),
      operations: shortOf(
        await directory.run(
          `SELECT operation_id, status FROM operation WHERE kind <> 'status' ORDER BY operation_id`,
        ),
      ),
      // Amounts added up may be more than an integer of the database holds; their remainders are not.
      entries: shortOf(
        await this.#onEach(
          'SELECT account_id, COUNT(*), SUM(amount % 1000003) FROM entry GROUP BY account_id ORDER BY account_id',
        ),
      ),
    };
  }

  /** The digest once nothing changes any more: what was abandoned before may still be on its way. */
  async digestAtRest(): Promise<Digest> {
    await this.atRest();
    for (let before = await this.digest(); ;) {
      await pause(LOOK_AGAIN_MS);
      const after = await this.digest();
      if (changedIn(before, after).length === 0) return after;
      before = after;
    }
  }

  async close(): Promise<void> {
    for (const opened of this.#open.values()) await (await opened).close();
    this.#open.clear();
  }

  async #totals(): Promise<Map<string, bigint>> {
    const rows = await this.#onEach(
      'SELECT account_id, SUM(available + held - granted) FROM sub_account GROUP BY account_id',
    );
    const totals = new Map<string, bigint>();
    for (const [accountId, sum] of rows.filter(([id]) => !isAllowanceId(String(id))))
      totals.set(String(accountId), (totals.get(String(accountId)) ?? 0n) + BigInt(String(sum)));
    return totals;
  }

  async #onEach(sql: string): Promise<unknown[][]> {
    const registered = await (await this.#directory()).run('SELECT url FROM shard WHERE url IS NOT NULL');
    const urls = [...this.site.shards, ...registered.map(([url]) => String(url))];
    return (await Promise.all(urls.map(async (url) => (await this.#at(url)).run(sql)))).flat();
  }

  #directory(): Promise<RawSql> {
    return this.#at(this.site.shards[0] ?? '');
  }

  #at(url: string): Promise<RawSql> {
    const opened =
      this.#open.get(url) ??
      rawSql(
        /^(sqlite|mysql):/.test(url)
          ? registeredLocation(url, this.site.folder)
          : parseShardAddress(url, 0).location,
        'mariadb',
      );
    this.#open.set(url, opened);
    return opened;
  }
}

function shortOf(rows: readonly unknown[]): string {
  const text = JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return createHash('sha256').update(text).digest('hex');
}

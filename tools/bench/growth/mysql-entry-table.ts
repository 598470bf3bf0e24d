import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { EntryTable, IoCounters, TableSize } from './entry-table';
import { fillStatement, type Stretch } from './fill-statement';

const SETTLE_MS_MAX = 120_000;
const SETTLE_EVERY_MS = 200;
/** A server that does nothing keeps a few pages dirty all the same. */
const DIRTY_PAGES_LEFT = 50;

export class MysqlEntryTable implements EntryTable {
  private constructor(private readonly connection: Connection) {}

  static async open(url: string): Promise<MysqlEntryTable> {
    return new MysqlEntryTable(await createConnection({ uri: url, connectTimeout: 5_000 }));
  }

  async dropKey(): Promise<void> {
    await this.connection.query('ALTER TABLE entry DROP INDEX entry_request');
  }

  async fill(stretch: Stretch): Promise<void> {
    await this.connection.query(fillStatement('mysql', stretch));
  }

  async addKey(fillPercent: number): Promise<void> {
    await this.connection.query(`SET GLOBAL innodb_fill_factor = ${fillPercent}`);
    await this.connection.query('ALTER TABLE entry ADD UNIQUE KEY entry_request (account_id, request_id)');
    await this.connection.query('ANALYZE TABLE entry');
  }

  async settle(): Promise<void> {
    const [[before] = []] = await this.#rows('SELECT @@innodb_max_dirty_pages_pct');
    await this.connection.query('SET GLOBAL innodb_max_dirty_pages_pct = 0');
    const deadline = performance.now() + SETTLE_MS_MAX;
    while (((await this.#status()).get('Innodb_buffer_pool_pages_dirty') ?? 0) > DIRTY_PAGES_LEFT) {
      if (performance.now() > deadline) break;
      await sleep(SETTLE_EVERY_MS);
    }
    await this.connection.query(`SET GLOBAL innodb_max_dirty_pages_pct = ${Number(before)}`);
  }

  async size(): Promise<TableSize> {
    const rows = await this.#rows(
      `SELECT index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats
       WHERE database_name = DATABASE() AND table_name = 'entry' AND stat_name = 'size'`,
    );
    const bytesOf = new Map(rows.map(([name, bytes]) => [String(name), Number(bytes)]));
    return {
      bytes: [...bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0),
      keyBytes: bytesOf.get('entry_request') ?? 0,
    };
  }

  async counters(): Promise<IoCounters> {
    const status = await this.#status();
    const count = (name: string): number => status.get(name) ?? 0;
    return {
      poolRequests: count('Innodb_buffer_pool_read_requests'),
      poolReads: count('Innodb_buffer_pool_reads'),
      pagesWritten: count('Innodb_pages_written'),
    };
  }

  close(): Promise<void> {
    return this.connection.end();
  }

  async #status(): Promise<Map<string, number>> {
    const rows = await this.#rows("SHOW GLOBAL STATUS LIKE 'Innodb%page%'");
    const pool = await this.#rows("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_read%'");
    return new Map([...rows, ...pool].map(([name, value]) => [String(name), Number(value)]));
  }

  async #rows(sql: string): Promise<unknown[][]> {
    const [rows] = await this.connection.query({ sql, rowsAsArray: true });
    return rows as unknown[][];
  }
}

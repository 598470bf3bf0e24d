import { createConnection, type Connection } from 'mysql2/promise';
import { EXPECTED_SCHEMA } from '../../src/shards/mysql/expected-schema';
import { MysqlDatabase } from '../../src/shards/mysql/mysql-database';
import { MysqlHosts } from '../../src/shards/mysql/mysql-hosts';
import { MysqlPool } from '../../src/shards/mysql/mysql-pool';
import { SqliteDatabase } from '../../src/shards/sqlite/sqlite-database';
import { SqliteFile } from '../../src/shards/sqlite/sqlite-file';
import { NO_HINT } from '../../src/shards/shard';
import { WAITS } from '../../src/shards/waits';
import { rawSql } from '../setup/raw-sql';
import { creditOf } from '../setup/shard-under-test';
import { openShard, STORES, type StoreSite } from '../setup/stores';

const CLUSTER = '00000000-0000-4000-8000-000000000000';

/** What a start finds of tables that an earlier or a later start made. */
describe.each(STORES)('[$mark] tables', ({ mark, makeSite }) => {
  let site: StoreSite;

  beforeEach(async () => {
    site = await makeSite();
    await (await openShard(site.location, { clusterId: CLUSTER })).shard.close();
  });

  afterEach(() => site.drop());

  const alter = async (...statements: string[]): Promise<void> => {
    const sql = await rawSql(site.location, mark);
    for (const statement of statements) await sql.run(statement);
    await sql.close();
  };

  const starts = async (): Promise<string> =>
    openShard(site.location, { clusterId: CLUSTER }).then(
      async ({ shard }) => {
        await shard.close();
        return 'started';
      },
      (error: unknown) => (error as Error).message,
    );

  it('of a later version are refused', async () => {
    await alter(`INSERT INTO shard_migrations (timestamp, name) VALUES (1999999999999, 'ShareMoney1999')`);
    expect(await starts()).toBe(
      "SCHEMA_TOO_NEW: the shard's tables were migrated by a later version of hotsplit (ShareMoney1999)",
    );
  });

  it('of a later version are refused as the directory', async () => {
    const { location } = site;
    const directory =
      location.kind === 'sqlite'
        ? new SqliteDatabase('directory', SqliteFile.open(location.path))
        : new MysqlDatabase('directory', new MysqlHosts(location.url), 'directory', { connectionsMax: 2 });
    await directory.open('directory');
    await directory.close();
    await alter(`INSERT INTO directory_migrations (timestamp, name) VALUES (1999999999999, 'Later1999')`);
    const again =
      location.kind === 'sqlite'
        ? new SqliteDatabase('directory', SqliteFile.open(location.path))
        : new MysqlDatabase('directory', new MysqlHosts(location.url), 'directory', { connectionsMax: 2 });
    await expect(again.open('directory')).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    await again.close();
  });

  if (mark === 'sqlite') return;

  it.each([
    [
      'whose ids compare without case',
      'ALTER TABLE entry CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
      /SCHEMA_ALTERED: .*column entry\.account_id compares by utf8mb4_general_ci; column entry\.request_id/,
    ],
    [
      'with one id that compares by another alphabet',
      'ALTER TABLE hold MODIFY hold_id VARCHAR(64) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL',
      /SCHEMA_ALTERED: .*column hold\.hold_id compares by latin1_swedish_ci$/,
    ],
    [
      'without the index that makes a key one',
      'ALTER TABLE entry DROP KEY entry_request',
      /SCHEMA_ALTERED: .*index entry_request of entry is missing$/,
    ],
    [
      'with that index no longer unique',
      'ALTER TABLE entry DROP KEY entry_request, ADD KEY entry_request (account_id, request_id)',
      /SCHEMA_ALTERED: .*index entry_request of entry is not as it was made$/,
    ],
    [
      'with that index on the beginning of a key',
      'ALTER TABLE entry DROP KEY entry_request, ADD UNIQUE KEY entry_request (account_id, request_id(8))',
      /SCHEMA_ALTERED: .*index entry_request of entry is not as it was made$/,
    ],
    [
      'that do not check a balance',
      mark === 'mariadb'
        ? 'ALTER TABLE sub_account DROP CONSTRAINT sub_account_available_not_negative'
        : 'ALTER TABLE sub_account ALTER CHECK sub_account_available_not_negative NOT ENFORCED',
      /SCHEMA_ALTERED: .*check sub_account_available_not_negative is not enforced$/,
    ],
    [
      'without transactions',
      'ALTER TABLE reversal ENGINE = MyISAM',
      /SCHEMA_ALTERED: .*table reversal is MyISAM, not InnoDB$/,
    ],
    ['that are missing', 'DROP TABLE reversal', /SCHEMA_ALTERED: .*table reversal is missing/],
  ])('%s are refused by name', async (_how, statement, message) => {
    await alter(statement);
    expect(await starts()).toMatch(message);
  });

  it('have every index and check that a start looks for, and no other', async () => {
    const sql = await rawSql(site.location, mark);
    const indexes = await sql.run(
      `SELECT DISTINCT CONCAT(table_name, '.', index_name) FROM information_schema.statistics
       WHERE table_schema = DATABASE() AND table_name <> 'shard_migrations'`,
    );
    const checks = await sql.run(
      `SELECT constraint_name FROM information_schema.table_constraints
       WHERE constraint_schema = DATABASE() AND constraint_type = 'CHECK'`,
    );
    await sql.close();
    const { shard: expected } = EXPECTED_SCHEMA;
    expect(indexes.flat().sort()).toEqual(
      expected.indexes.map(({ table, name }) => `${table}.${name}`).sort(),
    );
    expect(checks.flat().sort()).toEqual([...expected.checks].sort());
  });
});

/** Defaults that an administrator sets for every session of the server: those of one user here, so that no other test has them. */
describe.each(STORES.filter(({ mark }) => mark !== 'sqlite'))('[$mark] sessions', ({ mark, makeSite }) => {
  const user = `spoiled_${process.pid}`;
  const SPOILED = [
    'sql_select_limit = 1',
    'sql_safe_updates = 1',
    'unique_checks = 0',
    'completion_type = 1',
    'max_sort_length = 8',
    'sql_big_selects = 0',
    'max_join_size = 1',
    `sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'`,
    `character_set_client = 'latin1'`,
    `character_set_results = 'latin1'`,
    ...(mark === 'mariadb' ? ['max_statement_time = 0.000001'] : ['max_execution_time = 1']),
  ];
  let site: StoreSite;
  let root: Connection;

  beforeEach(async () => {
    site = await makeSite();
    const { url } = site.location as { url: string };
    root = await createConnection(url);
    await root.query(`CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY 'p'`);
    await root.query(`GRANT ALL ON \`${new URL(url).pathname.slice(1)}\`.* TO '${user}'@'%'`);
    await root.query(`SET GLOBAL init_connect = ?`, [`SET ${SPOILED.join(', ')}`]);
  });

  afterEach(async () => {
    await root.query(`SET GLOBAL init_connect = ''`);
    await root.query(`DROP USER '${user}'@'%'`);
    await root.end();
    await site.drop();
  });

  it('read and write everything, whatever the server’s defaults are', async () => {
    const { url } = site.location as { url: string };
    const spoiled = new URL(url);
    spoiled.username = user;
    spoiled.password = 'p';
    const { shard } = await openShard({ kind: 'mysql', url: spoiled.toString() }, { clusterId: CLUSTER });
    try {
      const batch = [0, 1, 2].map((n) => ({ ...creditOf(`c${n}`, 10n, n), reference: 'für 三' }));
      expect((await shard.applyBatch(batch, NO_HINT)).outcomes.map(({ kind }) => kind)).toEqual([
        'applied',
        'applied',
        'applied',
      ]);
      expect((await shard.listSubAccounts('acme')).map(({ availableMinor }) => availableMinor)).toEqual([
        10n,
        10n,
        10n,
      ]);
      const found = await shard.findEntries('acme', ['c0', 'c1', 'c2']);
      expect(found.map(({ reference }) => reference)).toEqual(['für 三', 'für 三', 'für 三']);
    } finally {
      await shard.close();
    }
  });

  it('that could not be set up run nothing', async () => {
    const { url } = site.location as { url: string };
    const settings = {
      connectionsMax: 2,
      transactions: false,
      ...WAITS,
      idleMsMax: 1_000,
      // The server refuses the whole SET.
      waitTimeoutSeconds: 'no number' as unknown as number,
    };
    const pool = new MysqlPool('s0', new MysqlHosts(url), settings, 'shard');
    await pool.open();
    await root.query('CREATE TABLE ran (id INTEGER)');
    const ran = pool.single((session) => pool.run(session, 'INSERT INTO ran VALUES (1)'));
    await expect(ran).rejects.toThrow();
    expect((await root.query('SELECT * FROM ran'))[0]).toEqual([]);
    await pool.close();
  });
});

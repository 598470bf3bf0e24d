import { createConnection, type Connection } from 'mysql2/promise';
import { spawnSync } from 'node:child_process';
import type { Command } from '../../src/ledger/command';
import { MARKS_FROM_US } from '../../src/shards/entry-place';
import { type BatchChain, NO_HINT, type Shard } from '../../src/shards/shard';
import { TcpRelay } from '../../tools/kernel/tcp-relay';
import { listEntries } from '../../src/engine/entry-lists';
import { fingerprint } from '../../src/engine/fingerprint';
import * as commands from '../models/commands';
import { fence, transferOut } from '../models/commands';
import { rawSql } from '../setup/raw-sql';
import { databaseAt, readingShard } from '../setup/reading-shard';
import { openShard, STORES, type StoreSite } from '../setup/stores';
import { SwappedDatabase } from '../setup/swapped-database';

/**
 * What concerns SQL itself: tables, drivers, locks, isolation. Looked at past the product, through connections of the
 * tests' own; what every store must do alike is in `store-conformance*.spec.ts`.
 */
describe.each(STORES)('[$mark] a database', ({ mark, makeSite }) => {
  let site: StoreSite;
  let shard: Shard;
  let clusterId: string;

  beforeEach(async () => {
    site = await makeSite();
    ({ shard, clusterId } = await openShard(site.location));
  });

  afterEach(async () => {
    await shard.close();
    await site.drop();
  });

  const kinds = async (...commands: Command[]): Promise<string[]> =>
    (await shard.applyBatch(commands, NO_HINT)).outcomes.map(({ kind }) => kind);

  /** 10 in each. */
  const twoRows = (): Promise<string[]> =>
    kinds(
      ...[0, 1].map((subAccount) =>
        commands.credit({
          requestId: `c${subAccount}`,
          subAccount,
          amountMinor: 10n,
          fingerprint: fingerprint('credit', 10n),
        }),
      ),
    );

  const availableInRows = async (): Promise<bigint[]> =>
    (await shard.listSubAccounts('acme')).map(({ availableMinor }) => availableMinor);

  it('has a guard of its own: a negative balance cannot be written', async () => {
    await kinds(credit(10n));
    const connection = await rawSql(site.location, mark);
    // Its SQLite throws where its servers reject.
    const write = async (): Promise<unknown> => connection.run('UPDATE sub_account SET available = -1');
    await expect(write()).rejects.toThrow(/constraint|CHECK/i);
    await connection.close();
  });

  it('lists what was written while its clock was a day ahead, and what was written since it was put right', async () => {
    await kinds(credit(10n));
    await kinds(deduct(1n));
    // As the deduction would stand there if the clock had been ahead.
    const connection = await rawSql(site.location, mark);
    await connection.run(
      "UPDATE entry SET created_at_us = created_at_us + 86400000000 WHERE request_id = 'd'",
    );
    await connection.close();
    await kinds(take('since', 0));

    const parts = { shards: [shard], sleep: () => Promise.resolve() };
    const first = await listEntries(parts, 'acme', { limit: 2 });
    const second = await listEntries(parts, 'acme', { limit: 2, before: first.next });
    const ids = [first, second].map(({ items }) => items.map(({ entry }) => entry.requestId));
    expect(ids).toEqual([['d', 'since'], ['c']]);
  });

  it('moves the marks of holds that an older version wrote behind what is listed, and lists the same before that', async () => {
    const marks = Array.from({ length: 600 }, (_, n) => `h${n}`);
    await kinds(credit(700n));
    await kinds(
      ...marks.map((requestId) =>
        commands.hold({ requestId, amountMinor: 1n, fingerprint: fingerprint('hold', 1n) }),
      ),
    );
    await kinds(deduct(1n));
    const written = await shard.findEntry('acme', 'h0');
    const connection = await rawSql(site.location, mark);
    await connection.run(
      `UPDATE entry SET created_at_us = created_at_us - ${MARKS_FROM_US} WHERE kind = 'hold'`,
    );
    const beforeAll = { createdAtUs: Number.MAX_SAFE_INTEGER, shard: '', subAccount: 0, version: 0 };
    const listed = async (): Promise<string[]> =>
      (await shard.listEntries({ accountId: 'acme', limit: 10, before: beforeAll })).entries.map(
        ({ requestId }) => requestId,
      );
    expect(await listed()).toEqual(['d', 'c']);
    expect(await shard.findEntry('acme', 'h0')).toEqual(written);

    // Cut short once: some of them are moved already.
    await connection.run(
      `UPDATE entry SET created_at_us = created_at_us + ${MARKS_FROM_US} WHERE kind = 'hold' AND request_id LIKE 'h1%'`,
    );
    await connection.run(`DELETE FROM shard_migrations WHERE name LIKE 'KeepMarksApart%'`);
    await shard.close();
    ({ shard } = await openShard(site.location, { clusterId }));
    const [[left]] = (await connection.run(
      `SELECT COUNT(*) FROM entry WHERE (kind = 'hold') = (created_at_us < ${MARKS_FROM_US})`,
    )) as [[unknown]];
    await connection.close();
    expect(Number(left)).toBe(0);
    expect(await listed()).toEqual(['d', 'c']);
    expect(await shard.findEntry('acme', 'h0')).toEqual(written);
  });

  it('is not taken for an empty one that stood in its place for one statement, or for two', async () => {
    await kinds(credit(10n));
    const elsewhere = await makeSite();
    await (await openShard(elsewhere.location)).shard.close();
    const connection = await rawSql(elsewhere.location, mark);
    await connection.run('DELETE FROM shard_identity');
    await connection.close();
    const [own, other] = [databaseAt(site.location), databaseAt(elsewhere.location)];
    await other.open('shard');
    const database = new SwappedDatabase(own, other);
    const reading = readingShard(database, { clusterId: () => Promise.resolve(clusterId) });
    await reading.open();

    const looks: [() => Promise<unknown>, unknown][] = [
      [() => reading.findEntry('acme', 'c'), { requestId: 'c' }],
      [() => reading.readBalances(['acme']).then((found) => found.get('acme')), { rows: 1, netMinor: 10n }],
      [() => reading.listSubAccounts('acme'), [{ index: 0 }]],
    ];
    for (const [look, found] of looks) {
      database.readsElsewhere = 1;
      expect(await look()).toMatchObject(found as object);
      database.readsElsewhere = 2;
      await expect(look()).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    }
    database.readsElsewhere = 0;
    expect(await reading.findEntry('acme', 'none')).toBeUndefined();
    await database.close();
    await elsewhere.drop();
  });

  it('finds a departure of any age that was written while its clock was ahead', async () => {
    await kinds(credit(10n), transferOut({ amountMaxMinor: 3n }));
    expect(await shard.pendingDepartures({ limit: 10, olderThanMs: 60_000 })).toEqual([]);
    const connection = await rawSql(site.location, mark);
    await connection.run('UPDATE transfer SET created_at_us = created_at_us + 86400000000');
    await connection.close();
    for (const olderThanMs of [0, 60_000])
      expect(await shard.pendingDepartures({ limit: 10, olderThanMs })).toMatchObject([{ amountMinor: 3n }]);
  });

  if (mark === 'sqlite') {
    it('belongs to one process: a second one is refused by name', () => {
      const path = site.location.kind === 'sqlite' ? site.location.path : '';
      const script = `
        const Sqlite = require('better-sqlite3');
        const owner = new Sqlite(${JSON.stringify(`${path}.owner`)}, { timeout: 0 });
        try { owner.pragma('locking_mode = EXCLUSIVE'); owner.exec('BEGIN EXCLUSIVE'); console.log('let in'); }
        catch (error) { console.log(error.code); }`;
      const { stdout } = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        cwd: process.cwd(),
      });
      expect(stdout.trim()).toBe('SQLITE_BUSY');
    });
  } else {
    it('waits for a lock that somebody else holds, at READ COMMITTED, then goes on', async () => {
      await kinds(credit(10n));
      await withConnection(site, async (connection) => {
        await connection.query('START TRANSACTION');
        await connection.query('SELECT * FROM sub_account FOR UPDATE');
        const waiting = kinds(deduct(1n));
        await lockWaitSeen(connection);
        const isolations = await waitingIsolations(connection);
        await connection.query('ROLLBACK');
        expect(await waiting).toEqual(['applied']);
        expect(isolations).toEqual(['READ COMMITTED']);
      });
    });

    it('locks rows by the primary key, in its order', async () => {
      await shard.createSubAccounts(
        Array.from({ length: 400 }, (_, index) => ({
          accountId: `acct-${index % 40}`,
          index: Math.floor(index / 40),
          epoch: 1,
          accountStatus: 'active' as const,
          accountStatusVersion: 1,
        })),
      );
      await withConnection(site, async (connection) => {
        const where = Array.from(
          { length: 30 },
          (_, n) => `(account_id = 'acct-${n}' AND idx IN (1,3,5))`,
        ).join(' OR ');
        const [plan] = await connection.query(
          `EXPLAIN FORMAT=TRADITIONAL SELECT * FROM sub_account FORCE INDEX (PRIMARY) WHERE ${where} ORDER BY account_id, idx FOR UPDATE`,
        );
        expect(plan).toMatchObject([{ key: 'PRIMARY', type: 'range' }]);
        expect((plan as { Extra?: string }[])[0]?.Extra).not.toMatch(/filesort/);
      });
    });

    it('is migrated once when many instances start together', async () => {
      const fresh = await makeSite();
      try {
        const opened = await Promise.all(
          Array.from({ length: 5 }, () =>
            openShard(fresh.location, { clusterId: '00000000-0000-4000-8000-000000000000' }),
          ),
        );
        const [first] = opened;
        expect((await first?.shard.applyBatch([credit(10n)], NO_HINT))?.outcomes[0]?.kind).toBe('applied');
        for (const each of opened) await each.shard.close();
      } finally {
        await fresh.drop();
      }
    });

    it('keeps a departure whose commit was carried out and never answered, and finds it again', async () => {
      await kinds(credit(100n));
      const proxy = await TcpRelay.before(urlOf(site));
      const { shard: far } = await openShard({ kind: 'mysql', url: proxy.url }, { clusterId });
      try {
        const lost = proxy.loseAnswerTo('COMMIT');
        const told = far.applyBatch([transferOut({ amountMaxMinor: 30n }), fence({ epoch: 2 })], NO_HINT);
        await lost;
        expect((await told).outcomes).toMatchObject([
          { kind: 'departed', departure: { amountMinor: 30n } },
          { kind: 'settled' },
        ]);
      } finally {
        await far.close();
        await proxy.close();
      }
      expect(await shard.listSubAccounts('acme')).toMatchObject([
        { availableMinor: 70n, movedMinor: -30n, epoch: 2, version: 3 },
      ]);
      expect(await shard.pendingDepartures({ limit: 10, olderThanMs: 0 })).toHaveLength(1);
    });

    it('tells that a batch is committed while the rows of the next are still waited for', async () => {
      await twoRows();
      await withConnection(site, async (connection) => {
        await connection.query('START TRANSACTION');
        await connection.query(LOCK_ROW_1);
        const { outcomes, ahead } = await shard.applyBatch([take('a', 0)], NO_HINT, before(take('b', 1)));
        expect(outcomes).toMatchObject([{ kind: 'applied' }]);
        await lockWaitSeen(connection);
        await connection.query('ROLLBACK');

        const next = await shard.applyBatch([take('b', 1)], NO_HINT, { ahead: await ahead, ...before() });
        expect(next.outcomes).toMatchObject([{ kind: 'applied' }]);
      });
      expect(await availableInRows()).toEqual([9n, 9n]);
    });

    it('decides a batch on rows as they are once they are locked for it', async () => {
      await twoRows();
      const { ahead } = await shard.applyBatch([take('a', 0)], NO_HINT, before(take('b', 0)));
      const next = await ahead;
      const another = kinds(take('elsewhere', 0, 19n));
      await withConnection(site, lockWaitSeen);
      const { outcomes } = await shard.applyBatch([take('b', 0)], NO_HINT, { ahead: next, ...before() });
      expect(outcomes).toMatchObject([{ kind: 'applied' }]);
      expect(await another).toEqual(['insufficientFunds']);
      expect(await availableInRows()).toEqual([8n, 10n]);
    });

    it('has a batch that cannot be begun ahead begun as any other', async () => {
      await twoRows();
      await withConnection(site, async (connection) => {
        await connection.query('START TRANSACTION');
        await connection.query(LOCK_ROW_1);
        const { ahead } = await shard.applyBatch([take('a', 0)], NO_HINT, before(take('b', 1)));
        // As long as a session waits for a lock.
        expect(await ahead).toBeUndefined();
        await connection.query('ROLLBACK');
      });
      expect(await kinds(take('a', 0), take('b', 1))).toEqual(['replayed', 'applied']);
      expect(await availableInRows()).toEqual([9n, 9n]);
    });

    it('finds a key that is taken also under rows that were locked ahead', async () => {
      await twoRows();
      const { ahead } = await shard.applyBatch([take('a', 0)], NO_HINT, before(take('a', 0)));
      const batch = [take('a', 0), take('b', 0)];
      const { outcomes } = await shard.applyBatch(batch, NO_HINT, { ahead: await ahead, ...before() });
      expect(outcomes).toMatchObject([{ kind: 'replayed' }, { kind: 'applied' }]);
      expect(await availableInRows()).toEqual([8n, 10n]);
    });

    it('leaves rows free that were locked ahead and given up', async () => {
      await twoRows();
      const { ahead } = await shard.applyBatch([take('a', 0)], NO_HINT, before(take('b', 0)));
      await (await ahead)?.giveUp();
      await withConnection(site, async (connection) => {
        const [rows] = await connection.query('SELECT idx FROM sub_account FOR UPDATE NOWAIT');
        expect(rows).toHaveLength(2);
      });
    });
  }
});

function credit(amountMinor: bigint): Command {
  return commands.credit({ requestId: 'c', amountMinor, fingerprint: fingerprint('credit', amountMinor) });
}

function deduct(amountMinor: bigint): Command {
  return commands.deduct({ requestId: 'd', amountMinor, fingerprint: fingerprint('deduct', amountMinor) });
}

function take(requestId: string, subAccount: number, amountMinor = 1n): Command {
  return commands.deduct({
    requestId,
    subAccount,
    amountMinor,
    fingerprint: fingerprint('deduct', amountMinor),
  });
}

const LOCK_ROW_1 = "SELECT idx FROM sub_account WHERE account_id = 'acme' AND idx = 1 FOR UPDATE";

/** Behind the batch wait these, and fill the next. */
function before(...waiting: Command[]): BatchChain {
  return { next: () => ({ commands: waiting, isFull: true }) };
}

function urlOf({ location }: StoreSite): string {
  if (location.kind !== 'mysql') throw new Error('this store has no server');
  return location.url;
}

async function withConnection<T>(site: StoreSite, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection(urlOf(site));
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

const OTHERS_WAITING = `FROM information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id
  WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()`;

/** Resolves when a transaction on the site's database waits for a lock. */
async function lockWaitSeen(connection: Connection): Promise<void> {
  for (let looks = 0; looks < 50; looks += 1) {
    // The server refreshes this view only when nobody has read it for a tenth of a second.
    const [waiting] = await connection.query(`SELECT COUNT(*) AS n ${OTHERS_WAITING}`);
    if (Number((waiting as { n: number }[])[0]?.n) > 0) return;
    await connection.query('SELECT SLEEP(0.15)');
  }
  throw new Error('nobody waits for the lock');
}

async function waitingIsolations(connection: Connection): Promise<string[]> {
  await connection.query('SELECT SLEEP(0.15)');
  const [transactions] = await connection.query(`SELECT trx_isolation_level AS isolation ${OTHERS_WAITING}`);
  return (transactions as { isolation: string }[]).map(({ isolation }) => isolation);
}

import type { Dialect, SchemaPart } from '../../src/shards/database';
import { metadataTag } from '../../src/shards/directory/metadata-tags';
import { MARKS_FROM_US } from '../../src/shards/entry-place';

/** Rows made by one statement: what five digits can count. */
const CHUNK_ROWS_MAX = 100_000;

/** Microseconds since 1970: long ago, and never. */
const LONG_AGO_US = 1_700_000_000_000_000;
const NEVER_US = 9_000_000_000_000_000;

/** The account that has half of everything. */
export const HOT = 'hot';

/** A shard that nothing can be delivered to, and one that is there. */
export const DEAD_SHARD = 'dead';
export const LIVE_SHARD = 'west';

/** What the statements look for, among all that they must not go through. */
export const FEW = {
  departures: 20,
  departuresOfHot: 5,
  expired: 30,
  confirmed: 12,
  leases: 3,
  listed: 40,
  draining: 5,
  payments: 10,
} as const;

/**
 * Tables of any size in the shape that is worst for whoever searches them: nearly every row is of the kind that a
 * statement must pass over, and the few that it wants come last.
 */
interface WorstTable {
  readonly part: SchemaPart;
  readonly table: string;
  readonly columns: string;
  /** Values of row `n` of `rows`, in the order of the primary key as far as can be: that is the fastest to fill. */
  readonly row: (sql: Sql, rows: number) => string;
  /** The few rows that are looked for: `n` counts to `count`. */
  readonly few: readonly { readonly count: number; readonly row: (sql: Sql) => string }[];
}

interface Sql {
  /** An id whose order is that of `n`. */
  readonly id: (prefix: string, n?: string) => string;
  readonly bytes: string;
}

const FINGERPRINT = `X'0123456789abcdef0123456789abcdef'`;

export const WORST_TABLES: readonly WorstTable[] = [
  {
    part: 'shard',
    table: 'transfer',
    columns:
      'account_id, transfer_id, direction, from_sub_account, to_sub_account, peer_shard, amount, pending, created_at_us',
    row: ({ id }, rows) => {
      const dead = `n < ${Math.floor(rows / 2)}`;
      return `CASE WHEN ${dead} THEN ${id('a', 'n / 100')} ELSE '${HOT}' END, ${id('move ')},
        CASE WHEN ${dead} THEN 'out' ELSE 'local' END, 0, 1, CASE WHEN ${dead} THEN '${DEAD_SHARD}' END, 1,
        CASE WHEN ${dead} THEN 1 END, ${LONG_AGO_US} + n`;
    },
    few: [
      {
        count: FEW.departures - FEW.departuresOfHot,
        row: ({ id }) => `${id('z')}, ${id('move ')}, 'out', 0, 1, '${LIVE_SHARD}', 1, 1, ${LONG_AGO_US} + n`,
      },
      {
        count: FEW.departuresOfHot,
        row: ({ id }) => `'${HOT}', ${id('spread ')}, 'out', 0, 1, '${LIVE_SHARD}', 1, 1, ${LONG_AGO_US} + n`,
      },
    ],
  },
  {
    part: 'shard',
    table: 'hold',
    columns:
      'account_id, hold_id, sub_account, amount, state, expires_at_us, version, settled_version, fingerprint, created_at_us',
    row: ({ id }, rows) => {
      const half = Math.floor(rows / 2);
      const ended = `n >= ${Math.floor((3 * rows) / 4)}`;
      return `CASE WHEN n < ${half} THEN ${id('a', 'n / 100')} ELSE '${HOT}' END,
        CASE WHEN ${ended} THEN ${id('lease ')} ELSE ${id('h')} END, 0, 1,
        CASE WHEN ${ended} THEN 'cancelled' ELSE 'held' END, ${NEVER_US} + n, 1, CASE WHEN ${ended} THEN 2 END,
        ${FINGERPRINT}, ${LONG_AGO_US} + n`;
    },
    few: [
      {
        count: FEW.expired,
        row: ({ id }) =>
          `${id('z')}, ${id('h')}, 0, 1, 'held', ${LONG_AGO_US} + n, 1, NULL, ${FINGERPRINT}, ${LONG_AGO_US}`,
      },
      {
        count: FEW.confirmed,
        row: ({ id }) =>
          `'${HOT}', ${id('zh')}, 0, 1, 'confirmed', ${NEVER_US} - n, 1, 2, ${FINGERPRINT}, ${LONG_AGO_US}`,
      },
      {
        count: FEW.leases,
        row: ({ id }) =>
          `'${HOT}', ${id('lease z')}, 0, 1, 'held', ${NEVER_US} - n, 1, NULL, ${FINGERPRINT}, ${LONG_AGO_US}`,
      },
    ],
  },
  {
    part: 'shard',
    table: 'entry',
    columns: 'account_id, created_at_us, sub_account, version, request_id, kind, amount, epoch, fingerprint',
    row: ({ id }) =>
      `'${HOT}', ${MARKS_FROM_US + LONG_AGO_US} + n, 0, n + 1, ${id('h')}, 'hold', 0, 1, ${FINGERPRINT}`,
    few: [
      {
        count: FEW.listed,
        row: ({ id }) =>
          `'${HOT}', ${LONG_AGO_US} - 1 - n, 1, ${FEW.listed} - n, ${id('d')}, 'deduction', 1, 1, ${FINGERPRINT}`,
      },
    ],
  },
  {
    part: 'shard',
    table: 'sub_account',
    columns: 'account_id, idx, available, held, net, epoch, account_status, account_status_version, state',
    row: ({ id }) => `${id('d')}, 0, 0, 1, 1, 1, 'active', 1, 'draining'`,
    few: [
      { count: FEW.draining, row: ({ id }) => `${id('e')}, 0, 1, 0, 1, 1, 'active', 1, 'draining'` },
      { count: 8, row: () => `'${HOT}', n, 1, 0, 1, 1, 'active', 1, 'open'` },
    ],
  },
  {
    part: 'shard',
    table: 'reversal',
    columns: 'account_id, request_id, number, reversed, sub_account, version',
    row: () => `'${HOT}', 'd', n + 1, 1, 0, n + 1`,
    few: [],
  },
  {
    part: 'shard',
    table: 'payment',
    columns:
      'account_id, request_id, sub_account, amount, fingerprint, created_at_us, to_account, to_shard, to_sub_account',
    row: ({ id }) =>
      `'${HOT}', ${id('p')}, 0, 1, ${FINGERPRINT}, ${LONG_AGO_US} + n, 'payee', '${DEAD_SHARD}', 0`,
    few: [
      {
        count: FEW.payments,
        row: ({ id }) =>
          `${id('z')}, 'p', 0, 1, ${FINGERPRINT}, ${LONG_AGO_US} + n, 'payee', '${LIVE_SHARD}', 0`,
      },
    ],
  },
  {
    part: 'shard',
    table: 'running_sum',
    columns: 'account_id, created_at_us, sub_account, version, sums',
    row: () => `'${HOT}', ${LONG_AGO_US} + n, 0, n + 1, 'deduction 1 1'`,
    few: [],
  },
  {
    part: 'shard',
    table: 'feed',
    columns: 'created_at_us, changes',
    row: () => `${LONG_AGO_US} + n, '[[],[]]'`,
    few: [],
  },
  {
    part: 'shard',
    table: 'feed_log',
    columns: 'place, follows, feed_key, created_at_us, changes',
    row: () => `${LONG_AGO_US} + n, ${LONG_AGO_US} + n - 1, '1', ${LONG_AGO_US} + n, '[[],[]]'`,
    few: [],
  },
  {
    part: 'directory',
    table: 'directory_feed_log',
    columns: 'place, follows, feed_key, created_at_us, changes',
    row: () => `${LONG_AGO_US} + n, ${LONG_AGO_US} + n - 1, '1', ${LONG_AGO_US} + n, '[[],[]]'`,
    few: [],
  },
  {
    part: 'directory',
    table: 'audit_log',
    columns: 'sequence, at_us, actor, action, target, line, hash',
    row: ({ id }) => `n + 1, ${NEVER_US}, 'somebody', 'freezeAccount', ${id('a')}, '{}', 'h'`,
    few: [],
  },
  {
    part: 'directory',
    table: 'account',
    columns:
      'account_id, asset, status, status_version, strategy, sub_accounts, epoch, shards, revision, creation, fingerprint, created_at_us, credit_unsettled',
    row: ({ id }) =>
      `${id('a')}, 'USD/2', 'active', 1, 'merged', 1, 1, '${DEAD_SHARD}', 1, 'creating', ${FINGERPRINT}, ${LONG_AGO_US} + n, 1`,
    few: [],
  },
  {
    part: 'directory',
    table: 'account_tag',
    columns: 'tag, account_id, revision',
    row: ({ id }) => `X'${metadataTag('tier', 'gold').toString('hex')}', ${id('a')}, 1`,
    few: [],
  },
  {
    part: 'directory',
    table: 'budget',
    columns: 'account_id, budget_id, cap, period, time_zone, parent, depth, is_deleted, created_at_us',
    row: ({ id }) => `'${HOT}', ${id('b')}, 100, 'hour', 'UTC', NULL, 1, 0, ${LONG_AGO_US} + n`,
    few: [],
  },
  {
    part: 'directory',
    table: 'allowance',
    columns:
      'allowance_id, account_id, budget_id, period_start_us, period_end_us, granted, step, pending, revision, is_deleted',
    row: ({ id }) =>
      `${id('allowance ')}, '${HOT}', 'b1000000001', ${LONG_AGO_US} + n, ${LONG_AGO_US} + n + 1, 100, 1, NULL, 1, 0`,
    few: [],
  },
  {
    part: 'directory',
    table: 'lease',
    columns: 'name, owner, until_us',
    row: ({ id }) => `${id('rebalance a')}, 'somebody', ${LONG_AGO_US} + n`,
    few: [],
  },
  {
    part: 'directory',
    table: 'operation',
    columns: 'operation_id, kind, account_id, status, step, plan, runner_until_us, created_at_us',
    row: ({ id }, rows) => {
      const ended = `n < ${Math.floor(rows / 2)}`;
      return `${id('o')}, 'status', ${id('a')}, CASE WHEN ${ended} THEN 'done' ELSE 'running' END,
        CASE WHEN ${ended} THEN 'ended' ELSE 'asked' END, '{}', CASE WHEN ${ended} THEN 0 ELSE ${NEVER_US} END,
        ${LONG_AGO_US} + n`;
    },
    few: [
      {
        count: FEW.expired,
        row: ({ id }) => `${id('p')}, 'status', ${id('z')}, 'running', 'asked', '{}', 1, ${LONG_AGO_US}`,
      },
    ],
  },
  {
    part: 'directory',
    table: 'api_key',
    columns: 'key_id, name, secret_hash, scopes, created_at_us',
    row: ({ id, bytes }) => `${id('k')}, 'key', ${bytes}, 'read', ${LONG_AGO_US} + n`,
    few: [],
  },
  {
    part: 'directory',
    table: 'console_session',
    columns: 'session_hash, sealing_key, key_id, created_at_us, seen_at_us, expires_at_us',
    row: ({ id, bytes }) =>
      `${bytes}, ${bytes}, ${id('k')}, ${LONG_AGO_US} + n, ${LONG_AGO_US} + n, ${NEVER_US}`,
    few: [],
  },
  {
    part: 'directory',
    table: 'webhook_delivery',
    columns: 'webhook_id, event_id, body, state, attempts, answer, created_at_us, tried_at_us',
    row: ({ id }) =>
      `'gone', ${id('e')}, '{}', 'delivered', 1, 'HTTP 200', ${LONG_AGO_US} + n, ${LONG_AGO_US} + n`,
    few: [],
  },
];

/** The statements that fill the tables of a part with so many rows each. */
export function* fillStatements(
  dialect: Dialect,
  options: { readonly part: SchemaPart; readonly rows: number; readonly tables?: readonly string[] },
): Generator<string> {
  const sql = SQL[dialect];
  for (const { part, table, columns, row, few } of WORST_TABLES) {
    if (part !== options.part || !(options.tables ?? [table]).includes(table)) continue;
    for (let from = 0; from < options.rows; from += CHUNK_ROWS_MAX) {
      const until = Math.min(options.rows, from + CHUNK_ROWS_MAX);
      yield insert({ table, columns, values: row(sql, options.rows), from, until });
    }
    for (const { count, row: values } of few)
      yield insert({ table, columns, values: values(sql), from: 0, until: count });
  }
}

/** What makes the optimizer know how the tables are now. */
export function analyzeStatements(dialect: Dialect, part: SchemaPart): string[] {
  const tables = WORST_TABLES.filter((each) => each.part === part).map(({ table }) => table);
  return dialect === 'mysql' ? tables.map((table) => `ANALYZE TABLE ${table}`) : ['ANALYZE'];
}

function insert(rows: {
  table: string;
  columns: string;
  values: string;
  from: number;
  until: number;
}): string {
  const { table, columns, values, from, until } = rows;
  return `INSERT INTO ${table} (${columns})
    WITH digit AS (${Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS d`).join(' UNION ALL ')}),
      counted AS (SELECT ${from} + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
        FROM digit f, digit e, digit c, digit b, digit a)
    SELECT ${values} FROM counted WHERE n < ${until} ORDER BY n`;
}

const FIRST_ID = 1_000_000_000;

const SQL: Readonly<Record<Dialect, Sql>> = {
  mysql: {
    id: (prefix, n = 'n') => `CONCAT('${prefix}', ${FIRST_ID} + FLOOR(${n}))`,
    bytes: `UNHEX(SHA2(n, 256))`,
  },
  sqlite: {
    id: (prefix, n = 'n') => `'${prefix}' || (${FIRST_ID} + ${n})`,
    bytes: `CAST(printf('%032d', n) AS BLOB)`,
  },
};

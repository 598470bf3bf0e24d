import { fingerprint } from '../../src/engine/fingerprint';
import type { Command } from '../../src/ledger/command';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { credit, deduct } from '../models/commands';
import type { TestCluster } from './cluster';
import { inTurns } from './in-turns';

const ROWS = 4;
const OPENING = 1_000_000n;
const AMOUNT = 3n;

/** A command on one row of the account that `fillRows` makes. */
export function rowCommand(
  kind: 'deduct' | 'credit',
  row: number,
  requestId: string,
  amountMinor: bigint,
): Command {
  const given = { accountId: 'a', subAccount: row, epoch: 1, requestId, amountMinor };
  const print = fingerprint(kind, amountMinor);
  return kind === 'deduct'
    ? deduct({ ...given, fingerprint: print })
    : credit({ ...given, fingerprint: print });
}

/** Makes an account of four rows that have money. */
export async function fillRows(shard: Shard): Promise<void> {
  await shard.createSubAccounts(
    Array.from({ length: ROWS }, (_, index) => ({
      accountId: 'a',
      index,
      epoch: 1,
      accountStatus: 'active',
      accountStatusVersion: 1,
    })),
  );
  const credits = Array.from({ length: ROWS }, (_, index) =>
    rowCommand('credit', index, `c${index}`, OPENING),
  );
  await shard.applyBatch(credits, NO_HINT);
}

export interface RowsTakenAway {
  readonly cluster: TestCluster;
  readonly database: string;
  /** The account of `fillRows`, through the writer. */
  readonly shard: Shard;
  /** Position of a node that is not the writer. */
  readonly from: number;
}

/**
 * Deducts through the writer while another node writes the same rows, so that replication takes them from the writer's open
 * transactions: what was acknowledged is there, once, and no row has changed alone. HOTSPLIT_TEST_KEYS says how many.
 */
export async function expectExactWhileRowsAreTaken(given: RowsTakenAway): Promise<void> {
  const { cluster, database, shard, from } = given;
  const other = await cluster.node(from).connect(database);
  const stopping = new AbortController();
  const disturbing = (async () => {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      await other
        .query(
          `UPDATE sub_account SET operation = operation + 1 WHERE account_id = 'a' AND idx = ${n % ROWS}`,
        )
        .catch(() => undefined);
    }
  })();
  const keys = Array.from({ length: Number(process.env['HOTSPLIT_TEST_KEYS'] ?? 600) }, (_, n) => `k${n}`);
  let conflicts = 0;
  await inTurns(keys, 2, async (key) => {
    const row = Number(key.slice(1)) % ROWS;
    for (;;) {
      const answer = await shard
        .applyBatch([rowCommand('deduct', row, key, AMOUNT)], NO_HINT)
        .catch(() => undefined);
      if (answer && ['applied', 'replayed'].includes(answer.outcomes[0]?.kind ?? '')) return;
      conflicts += 1;
    }
  });
  stopping.abort();
  await disturbing;
  await other.end();

  const [books] = await cluster.node(0).ask(
    `SELECT (SELECT COUNT(*) FROM entry WHERE kind = 'deduction') AS entries,
            (SELECT CAST(SUM(available) AS CHAR) FROM sub_account) AS available,
            (SELECT COUNT(*) FROM sub_account WHERE available + held <> net + moved) AS unsound`,
    database,
  );
  expect({ conflicts, ...books }).toEqual({
    conflicts: expect.any(Number) as number,
    entries: keys.length,
    available: String(BigInt(ROWS) * OPENING - BigInt(keys.length) * AMOUNT),
    unsound: 0,
  });
}

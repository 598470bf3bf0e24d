import type { Entry } from '../../../src/ledger/entry';
import { shardOfSubAccount } from '../../../src/ledger/routing';
import type { AccountRecord } from '../../../src/shards/directory/account-record';
import type { Location } from '../../../src/shards/shard-address';
import type { Ground, Load } from '../cases/in-process-case';
import type { Operation } from '../measure/closed-loop';
import { amountOf, requestIdOf } from '../measure/requests';
import { HOT_ACCOUNT, prepareSite } from '../stage/runtime';
import type { Site } from '../stage/site';
import { openMysqlAtomic } from './atomic-mysql';
import { openSqliteAtomic } from './atomic-sqlite';
import type { OneRowStore } from './one-row-store';
import { openMysqlPessimistic } from './pessimistic-mysql';
import { nowUs } from './sqlite-connection';

/** `pessimistic` is what only a database with row locks has a use for. */
export type OneRowWay = 'atomic' | 'pessimistic';

const CONNECTIONS_MAX = 64;

/**
 * What a careful developer writes without splitting or merging: one row, and for each deduction a transaction on the
 * product's own tables. It is one row, so it lives on one shard, however many there are.
 */
export async function prepareOneRow(
  way: OneRowWay,
  { site, sequence, tally }: Ground,
  inFlight: number,
): Promise<Load> {
  const account = await prepareSite(site, 1);
  const store = await openStore(way, locationOf(site, account), Math.min(inFlight, CONNECTIONS_MAX));
  const operation: Operation = async () => {
    const position = sequence.next();
    const amount = amountOf(position);
    const done = await store.deduct(deductionOf(requestIdOf(position), amount));
    if (done) tally.acknowledged(amount);
    else tally.refused();
    return done ? 1 : 0;
  };
  return { inFlight, operation, end: () => store.close() };
}

async function openStore(way: OneRowWay, location: Location, connections: number): Promise<OneRowStore> {
  if (location.kind === 'sqlite') {
    if (way === 'pessimistic') throw new RangeError('SQLite has one writer and no locks on rows');
    return openSqliteAtomic(location.path);
  }
  return way === 'atomic'
    ? openMysqlAtomic(location.url, connections)
    : openMysqlPessimistic(location.url, connections);
}

function locationOf(site: Site, { placement }: AccountRecord): Location {
  const shard = site.shards.find(({ name }) => name === shardOfSubAccount(0, placement));
  if (!shard) throw new RangeError('the account was placed on a shard that the site does not have');
  return shard.location;
}

/** The version is the row's to give; the store fills it in. */
function deductionOf(requestId: string, amount: number): Entry {
  return {
    accountId: HOT_ACCOUNT,
    createdAtUs: nowUs(),
    subAccount: 0,
    version: 0,
    requestId,
    kind: 'deduction',
    amountMinor: BigInt(amount),
    epoch: 1,
    fingerprint: '0123456789abcdef0123456789abcdef',
    reference: null,
    metadata: null,
  };
}

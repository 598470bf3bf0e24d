import { subAccountsOn } from '../../ledger/routing';
import { type AccountRecord, rowStatusOf } from '../../shards/directory/account-record';
import type { ShardSet } from '../shard-set';
import { tellRows } from './tell-rows';

/** Makes the rows that are not there yet, not in use: a layout opens them. A statement that was given up may come late. */
export async function createRows(
  shards: ShardSet,
  account: AccountRecord,
  rows: {
    readonly names: readonly string[];
    readonly epoch: number;
    readonly indicesOn: (shard: string) => readonly number[];
  },
): Promise<void> {
  const { names, epoch, indicesOn } = rows;
  const { accountId, statusVersion } = account;
  const accountStatus = rowStatusOf(account);
  await Promise.all(
    names.map((name) =>
      shards.shard(name).createSubAccounts(
        [...new Set(indicesOn(name))].map((index) => ({
          accountId,
          index,
          epoch,
          accountStatus,
          accountStatusVersion: statusVersion,
          state: 'closed' as const,
        })),
      ),
    ),
  );
}

/** Tells all rows of an account which of them are in use now that its operation is over. */
export async function tellLayout(shards: ShardSet, account: AccountRecord): Promise<void> {
  const { accountId, reach, placement, subAccounts, operation } = account;
  await tellRows(shards, reach, (shard) => ({
    kind: 'layout',
    accountId,
    operation: 2 * operation + 1,
    epoch: placement.epoch,
    openIndices: new Set(subAccountsOn(shard, placement, subAccounts)),
  }));
}

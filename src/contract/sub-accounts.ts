import type { SubAccount } from '../ledger/sub-account';
import { accountPath } from './accounts';
import { type Call, pageOf } from './call';
import * as fields from './fields';
import { begun } from './operations';
import { Problem } from './problem';

export const subAccount = {
  $id: 'SubAccount',
  type: 'object',
  required: ['shard', 'index', 'available', 'held', 'status'],
  properties: {
    shard: { type: 'string' },
    index: { type: 'integer' },
    available: fields.amountOut,
    held: fields.amountOut,
    status: {
      type: 'string',
      enum: ['open', 'draining', 'closed'],
      description: 'Out of use are `draining` (it holds something still) and `closed`.',
    },
  },
} as const;

export function subAccountView({ row, shard }: { readonly row: SubAccount; readonly shard: string }) {
  return {
    shard,
    index: row.index,
    available: row.availableMinor.toString(),
    held: row.heldMinor.toString(),
    status: row.state,
  };
}

export const listSubAccounts = {
  name: 'listSubAccounts',
  summary: 'List an account’s sub-accounts',
  description: 'All of them, by index and shard, those out of use included. Not one instant.',
  group: 'admin',
  scope: 'admin',
  rows: fields.subAccounts.maximum,
  path: accountPath,
  answers: { 200: pageOf(subAccount, 'The distribution.') },
} as const satisfies Call;

export const resizeSubAccounts = {
  name: 'resizeSubAccounts',
  summary: 'Change the number or the shards of an account’s sub-accounts',
  description: 'While the account is in use. Request ids stay valid.',
  group: 'admin',
  scope: 'admin',
  path: accountPath,
  headers: { type: 'object', properties: { 'if-match': fields.ifMatch } },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['count'],
    properties: { count: fields.subAccounts, shards: fields.shardNames },
  },
  answers: begun,
} as const satisfies Call;

/** @throws Problem INVALID_ARGUMENT for more shards than sub-accounts */
export function assertEachShardUsed(count: number, shards: readonly string[] | undefined): void {
  if (!shards || shards.length <= count) return;
  const rule = fields.FIELD_RULES['shards'] ?? '';
  throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'shards', rule }] });
}

export const rebalance = {
  name: 'rebalance',
  summary: 'Level an account’s sub-accounts',
  description: 'Busy accounts are kept level by themselves; this does it now, and exactly.',
  group: 'admin',
  scope: 'admin',
  path: accountPath,
  body: fields.noBody,
  answers: begun,
} as const satisfies Call;

export const repairAccount = {
  name: 'repairAccount',
  summary: 'Lift an account’s directory record above its rows',
  description:
    'For an account whose rows have gone on without the directory, after that was restored from a backup. Also makes the ' +
    'halves of transfers again that were lost with a shard which was begun anew, and books their amounts. ' +
    'Changes nothing of an account that needs no repair.',
  group: 'admin',
  scope: 'admin',
  path: accountPath,
  body: fields.noBody,
  answers: begun,
} as const satisfies Call;

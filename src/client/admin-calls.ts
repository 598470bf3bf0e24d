import { accountReader, operationReader } from './account-calls';
import {
  type Page,
  readCreatedKey,
  readHotAccount,
  readKey,
  readPage,
  readShard,
  readSubAccount,
  whenShaped,
} from './read-shapes';
import { accountPath, checkedRequestId, timeText, withQuery } from './requests';
import type {
  Account,
  ApiKey,
  AutoSplitChoice,
  CreatedKey,
  HotAccount,
  KeyChange,
  NewKey,
  NewShard,
  Operation,
  Shard,
  StrategyChoice,
  SubAccount,
} from './shapes';
import type { CallRequest } from './single-call';

const SHARDS = '/v1/admin/shards';
const KEYS = '/v1/admin/keys';

/** @throws InvalidArgumentError */
export function strategyCall({ accountId, strategy, ifMatch }: StrategyChoice): CallRequest<Account> {
  return {
    method: 'PUT',
    path: `${accountPath(accountId, '/v1/admin')}/strategy`,
    body: JSON.stringify({ strategy }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    effect: 'once',
    read: accountReader(accountId),
  };
}

/** @throws InvalidArgumentError */
export function autoSplitCall(choice: AutoSplitChoice): CallRequest<Account> {
  const { accountId, enabled, min, max, ifMatch } = choice;
  return {
    method: 'PUT',
    path: `${accountPath(accountId, '/v1/admin')}/auto-split`,
    body: JSON.stringify({ enabled, min, max }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    effect: 'once',
    read: accountReader(accountId),
  };
}

export function hotAccountsCall(limit?: number): CallRequest<Page<HotAccount>> {
  return itemsCall(withQuery('/v1/admin/hot-accounts', { limit: limit?.toString() }), readHotAccount);
}

/** @throws InvalidArgumentError */
export function subAccountsCall(accountId: string): CallRequest<Page<SubAccount>> {
  return itemsCall(`${accountPath(accountId, '/v1/admin')}/sub-accounts`, readSubAccount);
}

/** @throws InvalidArgumentError */
export function repairCall(accountId: string): CallRequest<Operation> {
  const path = `${accountPath(accountId, '/v1/admin')}/repair`;
  return { method: 'POST', path, effect: 'each', read: operationReader };
}

export function auditCall(): CallRequest<Operation> {
  return { method: 'POST', path: '/v1/admin/audits', effect: 'each', read: operationReader };
}

export function shardsCall(): CallRequest<Page<Shard>> {
  return itemsCall(SHARDS, readShard);
}

export function registerShardCall({ name, url }: NewShard): CallRequest<Shard> {
  return {
    method: 'POST',
    path: SHARDS,
    body: JSON.stringify({ name, url }),
    effect: 'each',
    read: (body) => {
      const shard = whenShaped(() => readShard(body));
      return shard?.name === name ? shard : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function removeShardCall(shard: string): CallRequest<true> {
  return deletion(`${SHARDS}/${encodeURIComponent(checkedRequestId(shard, 'shard'))}`);
}

export function createKeyCall(key: NewKey): CallRequest<CreatedKey> {
  const { name, scopes, accounts, expiresAt, requestsPerSecond, deductionsPerSecond } = key;
  return {
    method: 'POST',
    path: KEYS,
    body: JSON.stringify({
      name,
      scopes,
      accounts,
      expiresAt: timeText(expiresAt),
      requestsPerSecond,
      deductionsPerSecond,
    }),
    effect: 'each',
    read: (body) => whenShaped(() => readCreatedKey(body)),
  };
}

/** @throws InvalidArgumentError */
export function changeKeyCall(change: KeyChange): CallRequest<ApiKey> {
  const { keyId, scopes, accounts, expiresAt, requestsPerSecond, deductionsPerSecond } = change;
  return {
    method: 'PUT',
    path: keyPath(keyId),
    body: JSON.stringify({
      scopes,
      accounts,
      expiresAt: expiresAt === null ? null : timeText(expiresAt),
      requestsPerSecond,
      deductionsPerSecond,
    }),
    effect: 'once',
    read: (body) => {
      const key = whenShaped(() => readKey(body));
      return key?.keyId === keyId ? key : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function deleteKeyCall(keyId: string): CallRequest<true> {
  return deletion(keyPath(keyId));
}

function keyPath(keyId: string): string {
  return `${KEYS}/${encodeURIComponent(checkedRequestId(keyId, 'keyId'))}`;
}

/** A proxy's page is no answer to it: the service answers with nothing. */
export function deletion(path: string): CallRequest<true> {
  return {
    method: 'DELETE',
    path,
    effect: 'once',
    read: (_body, { status }) => (status === 204 ? true : undefined),
  };
}

/** A list that has one page. */
export function itemsCall<T>(path: string, readItem: (item: unknown) => T): CallRequest<Page<T>> {
  return {
    method: 'GET',
    path,
    effect: 'none',
    read: (body) => whenShaped(() => readPage(body, readItem)),
  };
}

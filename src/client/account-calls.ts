import { answered } from './answer';
import type { HttpAnswer } from './http-transport';
import { readAccount, readBalance, readOperation, readPastBalance, whenShaped } from './read-shapes';
import {
  accountPath,
  checkedAccountId,
  checkedDigits,
  checkedRequestId,
  timeText,
  withQuery,
} from './requests';
import type {
  Account,
  AccountResult,
  AccountUpdate,
  Balance,
  Consistency,
  NewAccount,
  Operation,
  PastBalance,
  ResizeRequest,
} from './shapes';
import type { CallRequest } from './single-call';

/** @throws InvalidArgumentError */
export function createAccountCall(account: NewAccount): CallRequest<AccountResult> {
  const { asset, subAccounts, initialBalance, strategy, lowBalance, creditLimit } = account;
  const id = checkedAccountId(account.id);
  return {
    method: 'POST',
    path: '/v1/accounts',
    body: JSON.stringify({
      id,
      asset,
      subAccounts,
      strategy,
      ...(initialBalance !== undefined && {
        initialBalance: checkedDigits(initialBalance, 'initialBalance'),
      }),
      ...(lowBalance !== undefined && { lowBalance: checkedDigits(lowBalance, 'lowBalance') }),
      ...(creditLimit !== undefined && { creditLimit: checkedDigits(creditLimit, 'creditLimit') }),
    }),
    effect: 'once',
    read: (body, answer) => {
      const created = accountReader(id)(body, answer);
      return created && answered({ ...created, replayed: answer.status === 200 });
    },
  };
}

/** @throws InvalidArgumentError */
export function accountCall(accountId: string): CallRequest<Account> {
  return { method: 'GET', path: accountPath(accountId), effect: 'none', read: accountReader(accountId) };
}

/** @throws InvalidArgumentError */
export function updateAccountCall(update: AccountUpdate): CallRequest<Account> {
  const { accountId, lowBalance, creditLimit, metadata, requestsPerSecond, deductionsPerSecond, ifMatch } =
    update;
  return {
    method: 'PATCH',
    path: accountPath(accountId),
    body: JSON.stringify({
      ...(lowBalance !== undefined && {
        lowBalance: lowBalance === null ? null : checkedDigits(lowBalance, 'lowBalance'),
      }),
      ...(creditLimit !== undefined && {
        creditLimit: creditLimit === null ? null : checkedDigits(creditLimit, 'creditLimit'),
      }),
      metadata,
      requestsPerSecond,
      deductionsPerSecond,
    }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    effect: 'once',
    read: accountReader(accountId),
  };
}

/** @throws InvalidArgumentError */
export function statusCall(accountId: string, verb: 'freeze' | 'unfreeze' | 'close'): CallRequest<Account> {
  return {
    method: 'POST',
    path: `${accountPath(accountId)}/${verb}`,
    effect: 'once',
    read: accountReader(accountId),
  };
}

/** @throws InvalidArgumentError */
export function balanceCall(accountId: string, consistency: Consistency | undefined): CallRequest<Balance> {
  return {
    method: 'GET',
    path: withQuery(`${accountPath(accountId)}/balance`, { consistency }),
    effect: 'none',
    read: (body) => {
      const balance = whenShaped(() => readBalance(body));
      return balance?.accountId === accountId ? balance : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function balanceAtCall(accountId: string, at: Date | string): CallRequest<PastBalance> {
  return {
    method: 'GET',
    path: withQuery(`${accountPath(accountId)}/balance`, { at: timeText(at) }),
    effect: 'none',
    read: (body) => {
      const balance = whenShaped(() => readPastBalance(body));
      return balance?.accountId === accountId ? balance : undefined;
    },
  };
}

/** @throws InvalidArgumentError */
export function resizeCall({ accountId, count, shards, ifMatch }: ResizeRequest): CallRequest<Operation> {
  return {
    method: 'PUT',
    path: `${accountPath(accountId, '/v1/admin')}/sub-accounts`,
    body: JSON.stringify({ count, shards }),
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    effect: 'each',
    read: operationReader,
  };
}

/** @throws InvalidArgumentError */
export function rebalanceCall(accountId: string): CallRequest<Operation> {
  const path = `${accountPath(accountId, '/v1/admin')}/rebalance`;
  return { method: 'POST', path, effect: 'each', read: operationReader };
}

/** @throws InvalidArgumentError */
export function operationCall(operationId: string): CallRequest<Operation> {
  const path = `/v1/admin/operations/${encodeURIComponent(checkedRequestId(operationId, 'operationId'))}`;
  return { method: 'GET', path, effect: 'none', read: operationReader };
}

export function accountReader(accountId: string) {
  return (body: unknown, { headers }: HttpAnswer): Account | undefined => {
    const account = whenShaped(() => readAccount(body, headers.etag));
    return account?.id === accountId ? account : undefined;
  };
}

export function operationReader(body: unknown): Operation | undefined {
  return whenShaped(() => readOperation(body));
}

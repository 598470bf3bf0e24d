import { Injectable } from '@nestjs/common';
import { AccountService, prefixesWithin } from '../../accounts/account.service';
import { BalanceService } from '../../balances/balance.service';
import { CONSISTENCIES, type Consistency, getBalance, notBoth, totalAt } from '../../contract/balances';
import { HistoryService } from '../../history/history.service';
import { DEFAULT_STRATEGY } from '../../ledger/strategy';
import type { Principal } from '../../platform/principal';
import type { AccountRecord } from '../../shards/directory/account-record';
import { mayOpenWithMoney, outOfReach } from '../admit';
import { accountExists, rechosenOrProblem } from '../operation-problem';
import { Problem } from '../../contract/problem';
import { decodeIdCursor, encodeCursor, pageLength } from '../../contract/cursors';
import {
  changeOf,
  createAccount,
  creditLimitOf,
  getAccount,
  listAccounts,
  updateAccount,
  wantedMetadata,
} from '../../contract/accounts';
import { revisionsOf } from '../../contract/revisions';
import { BudgetMethods } from './budget-methods';
import { AccountStatusMethods } from './account-status-methods';
import { HistoryMethods } from './history-methods';
import { checked, checkOf, type SaidIn } from './check';
import type {
  AccountRequest,
  CreateAccountRequest,
  GetBalanceRequest,
  ListAccountsRequest,
  UpdateAccountRequest,
} from './messages';
import { accountIdOf, optionalAmount, optionalDigits, own, present } from './read-requests';
import { serves } from './serves';
import type { UnaryMethod, UnaryService } from './unary';
import { microsecondsOf } from './timestamp';
import { accountView, balanceAtView, balanceView, taggedAccountView, enumValue } from './views';
import { changedFields } from './field-mask';
import { enumOf } from './wire';

const isNewAccount = checkOf<SaidIn<typeof createAccount>>(createAccount);

const isAccountsPage = checkOf<SaidIn<typeof listAccounts>>(listAccounts);

const isUpdate = checkOf<SaidIn<typeof updateAccount>>(updateAccount);

const CONSISTENCY_VALUES = enumOf('hotsplit.v1.Consistency');

/** hotsplit.v1.AccountService: translates between messages and services. */
@Injectable()
export class AccountMethods {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly past: HistoryService,
    private readonly history: HistoryMethods,
    private readonly statuses: AccountStatusMethods,
    private readonly budgets: BudgetMethods,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.AccountService',
      methods: [
        this.#create(),
        this.#get(),
        this.#update(),
        this.#list(),
        this.#balance(),
        ...this.history.methods(),
        ...this.budgets.methods(),
        ...this.statuses.methods(),
      ],
    };
  }

  #create(): UnaryMethod {
    const answer = async (message: CreateAccountRequest, caller: Principal): Promise<object> => {
      const body = checked(isNewAccount, {
        ...present('id', message.id),
        ...present('asset', message.asset),
        ...own(message, 'subAccounts'),
        ...optionalDigits(message, 'initialBalance'),
        ...own(message, 'strategy'),
        ...optionalDigits(message, 'lowBalance'),
        ...optionalDigits(message, 'creditLimit'),
      });
      const refusal = outOfReach(caller, body.id);
      if (refusal) return refusal;
      const initialBalanceMinor = optionalAmount(message, 'initialBalance') || null;
      if (initialBalanceMinor !== null) mayOpenWithMoney(caller);
      const creation = await this.accounts.create({
        accountId: body.id,
        asset: body.asset,
        subAccounts: body.subAccounts ?? null,
        strategy: body.strategy ?? DEFAULT_STRATEGY,
        initialBalanceMinor,
        lowBalanceMinor: optionalAmount(message, 'lowBalance'),
        creditLimitMinor: creditLimitOf(body.creditLimit),
      });
      if (creation.kind === 'conflict') return accountExists(creation.fields);
      return { ...taggedAccountView(creation.account), replayed: creation.kind === 'existed' };
    };
    return serves(createAccount, answer);
  }

  #get(): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => {
      const account = await this.accounts.read(accountIdOf(message));
      if (!account) return new Problem('ACCOUNT_NOT_FOUND');
      return taggedAccountView(account);
    };
    return serves(getAccount, answer);
  }

  #update(): UnaryMethod {
    const answer = async (message: UpdateAccountRequest): Promise<object> => {
      const { ifMatch } = own(message, 'ifMatch');
      const named = changedIn(message);
      const isAttached = Object.keys(message.metadata).length > 0;
      const { accountId, ...body } = checked(isUpdate, {
        ...present('accountId', message.accountId),
        ...(named.has('low_balance') && { lowBalance: null, ...optionalDigits(message, 'lowBalance') }),
        ...(named.has('credit_limit') && { creditLimit: null, ...optionalDigits(message, 'creditLimit') }),
        ...(named.has('metadata') && { metadata: isAttached ? message.metadata : null }),
        ...(named.has('requests_per_second') && {
          requestsPerSecond: own(message, 'requestsPerSecond').requestsPerSecond ?? null,
        }),
        ...(named.has('deductions_per_second') && {
          deductionsPerSecond: own(message, 'deductionsPerSecond').deductionsPerSecond ?? null,
        }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      });
      const revisions = revisionsOf(body['if-match']);
      const change = await this.accounts.change(accountId, changeOf(body), revisions);
      return taggedAccountView(rechosenOrProblem(change));
    };
    return serves(updateAccount, answer);
  }

  #list(): UnaryMethod {
    const answer = async (message: ListAccountsRequest, caller: Principal): Promise<object> => {
      const query = checked(isAccountsPage, {
        ...own(message, 'cursor'),
        ...(Object.hasOwn(message, 'limit') && { limit: String(message.limit) }),
        ...own(message, 'prefix'),
        metadata: message.metadata,
      });
      const { accounts, next } = await this.accounts.list({
        after: decodeIdCursor(query.cursor),
        limit: pageLength(query.limit),
        prefixes: prefixesWithin(caller.accounts, query.prefix),
        metadata: wantedMetadata(query),
      });
      return {
        items: accounts.map(accountView),
        nextCursor: next === undefined ? undefined : encodeCursor(next),
      };
    };
    return serves(listAccounts, answer);
  }

  #balance(): UnaryMethod {
    const answer = async (message: GetBalanceRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const { at } = message;
      if (at && message.consistency !== 0) throw notBoth();
      const atUs = at ? microsecondsOf('at', at) : undefined;
      const consistency = consistencyOf(message.consistency);
      const account = await this.#find(accountId);
      if (atUs !== undefined)
        return balanceAtView(account, atUs, totalAt(await this.past.balanceAt(account, atUs)));
      return balanceView(account, await this.balances.balance(account, consistency), consistency);
    };
    return serves(getBalance, answer);
  }

  async #find(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

function consistencyOf(value: number): Consistency {
  if (value === 0) return 'current';
  const consistency = CONSISTENCIES.find(
    (each) => enumValue(CONSISTENCY_VALUES, 'CONSISTENCY', each) === value,
  );
  if (consistency === undefined)
    throw invalid('consistency', `one of ${Object.keys(CONSISTENCY_VALUES).join(', ')}`);
  return consistency;
}

function invalid(field: string, rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}

function changedIn(message: UpdateAccountRequest) {
  return changedFields(message.updateMask, {
    low_balance: Object.hasOwn(message, 'lowBalance'),
    metadata: Object.keys(message.metadata).length > 0,
    requests_per_second: Object.hasOwn(message, 'requestsPerSecond'),
    deductions_per_second: Object.hasOwn(message, 'deductionsPerSecond'),
    credit_limit: Object.hasOwn(message, 'creditLimit'),
  });
}

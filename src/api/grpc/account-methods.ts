import { Injectable } from '@nestjs/common';
import { AccountService } from '../../accounts/account.service';
import { BalanceService, CONSISTENCIES, type Consistency } from '../../balances/balance.service';
import { LISTED_KINDS, type ListedKind } from '../../ledger/entry';
import { DEFAULT_STRATEGY, type Strategy } from '../../ledger/strategy';
import type { Principal } from '../../platform/principal';
import type { AccountRecord } from '../../shards/directory/account-record';
import { mayOpenWithMoney, outOfReach } from '../admit';
import { accountExists } from '../operation-problem';
import { Problem } from '../problem';
import { decodeEntryCursor, encodeEntryCursor, pageLength } from '../rest/cursors';
import * as fields from '../rest/schemas/fields';
import { etagOf } from '../rest/views';
import { bigintOf } from './int64';
import type {
  AccountRequest,
  CreateAccountRequest,
  GetBalanceRequest,
  ListEntriesRequest,
  Timestamp,
} from './messages';
import { accountIdOf, checked, checkOf, optionalAmount, optionalDigits, own, present } from './read-requests';
import type { UnaryMethod, UnaryService } from './unary';
import { accountView, balanceView, entryView, enumValue } from './views';
import { enumOf } from './wire';

const isNewAccount = checkOf<{ id: string; asset: string; subAccounts?: number; strategy?: Strategy }>(
  ['id', 'asset'],
  {
    id: fields.accountId,
    asset: fields.asset,
    subAccounts: fields.subAccounts,
    initialBalance: fields.initialBalance,
    strategy: fields.strategy,
    lowBalance: fields.amount,
  },
);
const isPage = checkOf<{ cursor?: string; limit?: string }>([], {
  cursor: fields.cursor,
  limit: fields.limit,
});

const KINDS = enumOf('hotsplit.v1.EntryKind');
const CONSISTENCY_VALUES = enumOf('hotsplit.v1.Consistency');

/** The years that RFC 3339 can name, in seconds since 1970. */
const SECONDS_MIN = -62_135_596_800n;
const SECONDS_MAX = 253_402_300_799n;
const TIMESTAMP_RULE = 'a time of the years 0001 to 9999, with nanos from 0 to 999999999';

/** hotsplit.v1.AccountService: translates between messages and services. */
@Injectable()
export class AccountMethods {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
  ) {}

  service(): UnaryService {
    return {
      name: 'hotsplit.v1.AccountService',
      methods: [this.#create(), this.#get(), this.#balance(), this.#entries()],
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
      });
      const refusal = outOfReach(caller, body.id);
      if (refusal) return refusal;
      const initialBalanceMinor = optionalAmount(message, 'initialBalance') || null;
      if (initialBalanceMinor !== null) mayOpenWithMoney(caller);
      const creation = await this.accounts.create({
        accountId: body.id,
        asset: body.asset,
        subAccounts: body.subAccounts ?? 1,
        strategy: body.strategy ?? DEFAULT_STRATEGY,
        initialBalanceMinor,
        lowBalanceMinor: optionalAmount(message, 'lowBalance'),
      });
      if (creation.kind === 'conflict') return accountExists(creation.fields);
      const { account } = creation;
      return {
        account: accountView(account),
        etag: etagOf(account),
        replayed: creation.kind === 'existed',
      };
    };
    return { name: 'CreateAccount', scope: 'accounts', limitsKept: 'by the method', answer };
  }

  #get(): UnaryMethod {
    const answer = async (message: AccountRequest): Promise<object> => {
      const account = await this.accounts.read(accountIdOf(message));
      if (!account) return new Problem('ACCOUNT_NOT_FOUND');
      return { account: accountView(account), etag: etagOf(account) };
    };
    return { name: 'GetAccount', scope: 'read', answer };
  }

  #balance(): UnaryMethod {
    const answer = async (message: GetBalanceRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const consistency = consistencyOf(message.consistency);
      const account = await this.#find(accountId);
      return balanceView(account, await this.balances.balance(account, consistency), consistency);
    };
    return { name: 'GetBalance', scope: 'read', answer };
  }

  #entries(): UnaryMethod {
    const answer = async (message: ListEntriesRequest): Promise<object> => {
      const accountId = accountIdOf(message);
      const limited = Object.hasOwn(message, 'limit') ? { limit: String(message.limit) } : {};
      const { cursor, limit } = checked(isPage, { ...own(message, 'cursor'), ...limited });
      const page = {
        limit: pageLength(limit),
        before: cursor === undefined ? undefined : decodeEntryCursor(cursor),
        kind: kindOf(message.kind),
        fromUs: microseconds('fromTime', message.fromTime),
        toUs: microseconds('toTime', message.toTime),
      };
      const { items, next } = await this.balances.entries(await this.#find(accountId), page);
      return {
        items: items.map(entryView),
        nextCursor: next === undefined ? undefined : encodeEntryCursor(next),
      };
    };
    return { name: 'ListEntries', scope: 'read', answer };
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

function kindOf(value: number): ListedKind | undefined {
  if (value === 0) return undefined;
  const kind = LISTED_KINDS.find((each) => enumValue(KINDS, 'ENTRY_KIND', each) === value);
  if (kind === undefined) throw invalid('kind', `one of ${Object.keys(KINDS).join(', ')}`);
  return kind;
}

/** Whole milliseconds, and times before 1970 as good as 1970, as over REST. */
function microseconds(field: 'fromTime' | 'toTime', time: Timestamp | null): number | undefined {
  if (time === null) return undefined;
  const { nanos } = time;
  const seconds = typeof time.seconds === 'number' ? BigInt(time.seconds) : bigintOf(time.seconds);
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos > 999_999_999)
    throw invalid(field, TIMESTAMP_RULE);
  return Math.max(0, Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000)) * 1_000;
}

function invalid(field: string, rule: string): Problem {
  return new Problem('INVALID_ARGUMENT', { errors: [{ field, rule }] });
}

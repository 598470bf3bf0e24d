import { Controller, Get, Param, Query } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { balanceView, getBalance } from '../contract/balances';
import type { PathOf, QueryOf } from '../contract/call';
import { decodeEntryCursor, encodeEntryCursor, pageLength } from '../contract/cursors';
import { entryView, listEntries } from '../contract/entries';
import { Problem } from '../contract/problem';
import { microseconds } from '../contract/times';
import { Serves } from '../http/serves.decorator';
import type { AccountRecord } from '../shards/directory/account-record';
import { BalanceService } from './balance.service';

/** What an account has, and how it came to that. */
@Controller('v1/accounts/:accountId')
export class BalanceController {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
  ) {}

  @Get('balance')
  @Serves(getBalance)
  async balance(
    @Param() { accountId }: PathOf<typeof getBalance>,
    @Query() { consistency = 'current' }: QueryOf<typeof getBalance>,
  ) {
    const account = await this.#find(accountId);
    return balanceView(account, await this.balances.balance(account, consistency), consistency);
  }

  @Get('entries')
  @Serves(listEntries)
  async entries(
    @Param() { accountId }: PathOf<typeof listEntries>,
    @Query() { cursor, limit, kind, from, to }: QueryOf<typeof listEntries>,
  ) {
    const { items, next } = await this.balances.entries(await this.#find(accountId), {
      limit: pageLength(limit),
      before: cursor === undefined ? undefined : decodeEntryCursor(cursor),
      kind,
      fromUs: from === undefined ? undefined : microseconds('from', from),
      toUs: to === undefined ? undefined : microseconds('to', to),
    });
    return {
      items: items.map(entryView),
      ...(next === undefined ? {} : { nextCursor: encodeEntryCursor(next) }),
    };
  }

  async #find(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

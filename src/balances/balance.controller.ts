import { Controller, Get, Param, Query } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { balanceAtView, balanceView, getBalance, instantOf, totalAt } from '../contract/balances';
import type { PathOf, QueryOf } from '../contract/call';
import { Problem } from '../contract/problem';
import { HistoryService } from '../history/history.service';
import { Serves } from '../http/serves.decorator';
import type { AccountRecord } from '../shards/directory/account-record';
import { BalanceService } from './balance.service';

/** What an account has. */
@Controller('v1/accounts/:accountId')
export class BalanceController {
  constructor(
    private readonly accounts: AccountService,
    private readonly balances: BalanceService,
    private readonly history: HistoryService,
  ) {}

  @Get('balance')
  @Serves(getBalance)
  async balance(
    @Param() { accountId }: PathOf<typeof getBalance>,
    @Query() asked: QueryOf<typeof getBalance>,
  ) {
    const atUs = instantOf(asked);
    const account = await this.#find(accountId);
    if (atUs !== undefined)
      return balanceAtView(account, atUs, totalAt(await this.history.balanceAt(account, atUs)));
    const { consistency = 'current' } = asked;
    return balanceView(account, await this.balances.balance(account, consistency), consistency);
  }

  async #find(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

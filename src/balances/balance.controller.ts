import { Controller, Get, Param, Query } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import { balanceView, getBalance } from '../contract/balances';
import type { PathOf, QueryOf } from '../contract/call';
import { Problem } from '../contract/problem';
import { Serves } from '../http/serves.decorator';
import type { AccountRecord } from '../shards/directory/account-record';
import { BalanceService } from './balance.service';

/** What an account has. */
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

  async #find(accountId: string): Promise<AccountRecord> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    return account;
  }
}

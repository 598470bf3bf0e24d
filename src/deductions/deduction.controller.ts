import { Controller, Get, Param } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { PathOf } from '../contract/call';
import { getDeduction } from '../contract/deductions';
import { entryView } from '../contract/entries';
import { Problem } from '../contract/problem';
import { Serves } from '../http/serves.decorator';
import { DeductionService } from './deduction.service';

/** Deductions that have been made. How they are made is in hot-routes.ts. */
@Controller('v1/accounts/:accountId')
export class DeductionController {
  constructor(
    private readonly deductions: DeductionService,
    private readonly accounts: AccountService,
  ) {}

  @Get('deductions/:requestId')
  @Serves(getDeduction)
  async find(@Param() { accountId, requestId }: PathOf<typeof getDeduction>) {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.deductions.findDeduction(account, requestId);
    if (!found) throw new Problem('ENTRY_NOT_FOUND');
    return entryView(found);
  }
}

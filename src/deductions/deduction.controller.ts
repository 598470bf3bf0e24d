import { Controller, Get, Param } from '@nestjs/common';
import { AccountService } from '../accounts/account.service';
import type { PathOf } from '../contract/call';
import { getDeduction } from '../contract/deductions';
import { Problem } from '../contract/problem';
import { deductionView } from '../contract/received';
import { Serves } from '../http/serves.decorator';
import { IntakeService } from './intake.service';

/** Deductions that have been made. How they are made is in hot-routes.ts. */
@Controller('v1/accounts/:accountId')
export class DeductionController {
  constructor(
    private readonly intake: IntakeService,
    private readonly accounts: AccountService,
  ) {}

  @Get('deductions/:requestId')
  @Serves(getDeduction)
  async find(@Param() { accountId, requestId }: PathOf<typeof getDeduction>) {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.intake.find(account, requestId);
    if (!found) throw new Problem('ENTRY_NOT_FOUND');
    return deductionView(found);
  }
}

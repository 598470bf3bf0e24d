import { Body, Controller, Headers, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { BodyOf, PathOf } from '../contract/call';
import { reverse, reverseCredit } from '../contract/deductions';
import { notesOf, optionalAmount } from '../contract/money';
import { answerEntry } from '../http/answer-entry';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
import { DeductionService } from './deduction.service';

/** Gives deductions back, and takes credits back. */
@Controller('v1/accounts/:accountId')
export class ReversalController {
  constructor(private readonly deductions: DeductionService) {}

  @Post('deductions/:requestId/reversals')
  @Serves(reverse)
  async reverse(
    @Param() path: PathOf<typeof reverse>,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: BodyOf<typeof reverse>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.deductions.reverse({
      of: 'deduction',
      accountId: path.accountId,
      reverses: path.requestId,
      captureId: body.captureId,
      requestId: requestIdOf(body.requestId, key),
      amountMinor: optionalAmount('amount', body.amount),
      ...notesOf(body),
      flow: principal.keyId,
    });
    return answerEntry(outcome, principal, reply);
  }

  @Post('credits/:requestId/reversals')
  @Serves(reverseCredit)
  async reverseCredit(
    @Param() path: PathOf<typeof reverseCredit>,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: BodyOf<typeof reverseCredit>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const outcome = await this.deductions.reverse({
      of: 'credit',
      accountId: path.accountId,
      reverses: path.requestId,
      requestId: requestIdOf(body.requestId, key),
      amountMinor: optionalAmount('amount', body.amount),
      ...notesOf(body),
      flow: principal.keyId,
    });
    return answerEntry(outcome, principal, reply);
  }
}

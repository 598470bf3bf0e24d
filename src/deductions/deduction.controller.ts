import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountService } from '../accounts/account.service';
import type { PathOf } from '../contract/call';
import { credit, deduct, getDeduction, type MoneyBody } from '../contract/deductions';
import { entryView } from '../contract/entries';
import { moneyOf } from '../contract/money';
import { Problem } from '../contract/problem';
import { answerEntry } from '../http/answer-entry';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import { DeductionService, type MoneyRequest } from './deduction.service';

type MoneyCall = FastifyRequest<{
  Params: PathOf<typeof deduct>;
  Body: MoneyBody;
  Headers: { 'idempotency-key'?: string };
}>;

/** Deductions and credits of one account: the hot routes. */
@Controller('v1/accounts/:accountId')
export class DeductionController {
  constructor(
    private readonly deductions: DeductionService,
    private readonly accounts: AccountService,
  ) {}

  @Post('deductions')
  @Serves(deduct)
  deduct(@Req() request: MoneyCall, @Res() reply: FastifyReply): Promise<void> {
    return this.#execute('deduct', request, reply);
  }

  @Post('credits')
  @Serves(credit)
  credit(@Req() request: MoneyCall, @Res() reply: FastifyReply): Promise<void> {
    return this.#execute('credit', request, reply);
  }

  @Get('deductions/:requestId')
  @Serves(getDeduction)
  async find(@Param() { accountId, requestId }: PathOf<typeof getDeduction>) {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.deductions.findDeduction(account, requestId);
    if (!found) throw new Problem('ENTRY_NOT_FOUND');
    return entryView(found);
  }

  /** Reads the request and sends the answer itself: ADR 0027 says what Nest's own ways of both cost on these two routes. */
  async #execute(kind: MoneyRequest['kind'], request: MoneyCall, reply: FastifyReply): Promise<void> {
    const { params, body, headers, principal } = request;
    const outcome = await this.deductions.execute({
      kind,
      accountId: params.accountId,
      requestId: requestIdOf(body.requestId, headers['idempotency-key']),
      ...moneyOf(body),
    });
    void reply.send(answerEntry(outcome, principal, reply));
  }
}

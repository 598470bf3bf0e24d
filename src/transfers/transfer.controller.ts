import { Body, Controller, Headers, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mayTransfer } from '../api/admit';
import { transferOrProblem } from '../api/transfer-problem';
import type { BodyOf } from '../contract/call';
import { moneyOf } from '../contract/money';
import { Problem } from '../contract/problem';
import { transferFunds, transferView } from '../contract/transfers';
import { CurrentPrincipal } from '../http/current-principal.decorator';
import { requestIdOf } from '../http/request-id';
import { Serves } from '../http/serves.decorator';
import type { Principal } from '../platform/principal';
import { TransferService } from './transfer.service';

/** Money from one account to another. */
@Controller('v1/transfers')
export class TransferController {
  constructor(private readonly transfers: TransferService) {}

  @Post()
  @Serves(transferFunds)
  async transfer(
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: BodyOf<typeof transferFunds>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { from, to } = body;
    mayTransfer(principal, { from, to });
    const requestId = requestIdOf(body.requestId, key);
    const money = moneyOf(body);
    const outcome = await this.transfers.transfer({ from, to, requestId, ...money, flow: principal.keyId });
    const result = transferOrProblem(outcome, principal);
    if (result instanceof Problem) throw result;
    void reply.code(result.replayed ? 200 : 201);
    if (result.replayed) void reply.header('idempotent-replayed', 'true');
    return transferView(result.entry);
  }
}

import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PathOf } from '../contract/call';
import { credit, deduct, type MoneyBody } from '../contract/deductions';
import { moneyOf } from '../contract/money';
import { answerEntry } from '../http/answer-entry';
import { answerReceived } from '../http/answer-received';
import { prefersAsync } from '../http/prefers-async';
import { requestIdOf } from '../http/request-id';
import { schemaOf } from '../http/serves.decorator';
import { DeductionService, type MoneyRequest } from './deduction.service';
import { IntakeService } from './intake.service';

interface MoneyRoute {
  Params: PathOf<typeof deduct>;
  Body: MoneyBody;
  Headers: { 'idempotency-key'?: string; prefer?: string };
}

/**
 * Deductions and credits of one account. They are put on the server by hand, because a controller's way to a method costs
 * 8 % of their rate (docs/adr/0027); contract, hooks and problems are those of all routes.
 */
@Injectable()
export class HotRoutes {
  constructor(
    private readonly deductions: DeductionService,
    private readonly intake: IntakeService,
  ) {}

  register(server: FastifyInstance): void {
    const path = '/v1/accounts/:accountId';
    server.post<MoneyRoute>(
      `${path}/deductions`,
      { schema: schemaOf(deduct), config: { call: deduct } },
      (request, reply) => this.#execute('deduct', request, reply),
    );
    server.post<MoneyRoute>(
      `${path}/credits`,
      { schema: schemaOf(credit), config: { call: credit } },
      (request, reply) => this.#execute('credit', request, reply),
    );
  }

  async #execute(
    kind: MoneyRequest['kind'],
    { params, body, headers, principal }: FastifyRequest<MoneyRoute>,
    reply: FastifyReply,
  ) {
    const wanted: MoneyRequest = {
      kind,
      accountId: params.accountId,
      requestId: requestIdOf(body.requestId, headers['idempotency-key']),
      ...moneyOf(body),
    };
    if (kind === 'deduct' && prefersAsync(headers.prefer))
      return answerReceived(await this.intake.receive(wanted), principal, reply);
    return answerEntry(await this.deductions.execute(wanted), principal, reply);
  }
}

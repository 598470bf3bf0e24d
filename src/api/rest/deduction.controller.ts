import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AccountService } from '../../accounts/account.service';
import { DeductionService, type MoneyRequest } from '../../deductions/deduction.service';
import { entryOrProblem } from '../outcome-problem';
import { Problem } from '../problem';
import { moneyOf, type MoneyBody } from './money-body';
import { sendProblem } from './problem-reply';
import { keyHeaders, requestIdOf } from './request-id';
import * as fields from './schemas/fields';
import { accountParams, deductionParams, problemResponses } from './schemas/shapes';
import { entryView } from './views';

interface MoneyRoute {
  Params: { accountId: string };
  Body: MoneyBody;
}

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['amount'],
  properties: {
    amount: fields.amount,
    requestId: fields.requestId,
    reference: fields.reference,
    metadata: fields.metadata,
  },
} as const;

/** Deductions and credits of one account: the hot routes. */
@Injectable()
export class DeductionController {
  constructor(
    private readonly deductions: DeductionService,
    private readonly accounts: AccountService,
  ) {}

  register(rest: FastifyInstance): void {
    const answers = {
      201: { description: 'It took effect.', $ref: 'Entry#' },
      200: { description: 'It took effect before; `Idempotent-Replayed: true`.', $ref: 'Entry#' },
      ...problemResponses,
    };
    rest.post<MoneyRoute>(
      '/v1/accounts/:accountId/deductions',
      {
        config: { scope: 'deduct' },
        schema: {
          operationId: 'deduct',
          summary: 'Deduct from an account',
          tags: ['deductions'],
          params: accountParams,
          headers: keyHeaders,
          body,
          response: answers,
        },
      },
      (request, reply) => this.#carryOut('deduct', request, reply),
    );
    rest.post<MoneyRoute>(
      '/v1/accounts/:accountId/credits',
      {
        config: { scope: 'credit' },
        schema: {
          operationId: 'credit',
          summary: 'Credit an account',
          tags: ['credits'],
          params: accountParams,
          headers: keyHeaders,
          body,
          response: answers,
        },
      },
      (request, reply) => this.#carryOut('credit', request, reply),
    );
    rest.get<{ Params: { accountId: string; requestId: string } }>(
      '/v1/accounts/:accountId/deductions/:requestId',
      {
        config: { scope: 'lookUp' },
        schema: {
          operationId: 'getDeduction',
          summary: 'Look a deduction up by its request id',
          tags: ['deductions'],
          params: deductionParams,
          response: { 200: { description: 'The deduction.', $ref: 'Entry#' }, ...problemResponses },
        },
      },
      (request) => this.#find(request.params),
    );
  }

  async #carryOut(
    kind: MoneyRequest['kind'],
    request: FastifyRequest<MoneyRoute>,
    reply: FastifyReply,
  ): Promise<unknown> {
    const result = entryOrProblem(
      await this.deductions.carryOut({
        kind,
        accountId: request.params.accountId,
        requestId: requestIdOf(request),
        ...moneyOf(request.body),
      }),
      request.principal,
    );
    if (result instanceof Problem) return sendProblem(reply, result);
    if (result.kind === 'applied') void reply.code(201);
    else void reply.header('idempotent-replayed', 'true');
    return entryView(result);
  }

  async #find({ accountId, requestId }: { accountId: string; requestId: string }): Promise<unknown> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new Problem('ACCOUNT_NOT_FOUND');
    const found = await this.deductions.findDeduction(account, requestId);
    if (!found) throw new Problem('ENTRY_NOT_FOUND');
    return entryView(found);
  }
}

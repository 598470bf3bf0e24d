import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DeductionService } from '../../deductions/deduction.service';
import { entryOrProblem } from '../outcome-problem';
import { Problem } from '../problem';
import { amountOf, type MoneyBody, notesOf } from './money-body';
import { sendProblem } from './problem-reply';
import { keyHeaders, requestIdOf } from './request-id';
import * as fields from './schemas/fields';
import { deductionParams, problemResponses } from './schemas/shapes';
import { entryView } from './views';

interface ReversalRoute {
  Params: { accountId: string; requestId: string };
  Body: Partial<MoneyBody>;
}

/** Gives deductions back. */
@Injectable()
export class ReversalController {
  constructor(private readonly deductions: DeductionService) {}

  register(rest: FastifyInstance): void {
    rest.post<ReversalRoute>(
      '/v1/accounts/:accountId/deductions/:requestId/reversals',
      {
        config: { scope: 'refund' },
        schema: {
          operationId: 'reverse',
          summary: 'Give a deduction back, or a part of it',
          description:
            'Without `amount`, what is left of it. Its request id is one of that deduction: the reversals of one deduction ' +
            'together never exceed it. A confirmed hold is reversed under its hold id.',
          tags: ['deductions'],
          params: deductionParams,
          headers: keyHeaders,
          body: {
            type: 'object',
            additionalProperties: false,
            properties: {
              amount: fields.amount,
              requestId: fields.requestId,
              reference: fields.reference,
              metadata: fields.metadata,
            },
          },
          response: {
            201: { description: 'It was given back.', $ref: 'Entry#' },
            200: { description: 'It was given back before; `Idempotent-Replayed: true`.', $ref: 'Entry#' },
            ...problemResponses,
          },
        },
      },
      (request, reply) => this.#reverse(request, reply),
    );
  }

  async #reverse(request: FastifyRequest<ReversalRoute>, reply: FastifyReply): Promise<unknown> {
    const { amount } = request.body;
    const result = entryOrProblem(
      await this.deductions.reverse({
        accountId: request.params.accountId,
        reverses: request.params.requestId,
        requestId: requestIdOf(request),
        amountMinor: amount === undefined ? null : amountOf('amount', amount),
        ...notesOf(request.body),
      }),
      request.principal,
    );
    if (result instanceof Problem) return sendProblem(reply, result);
    if (result.kind === 'applied') void reply.code(201);
    else void reply.header('idempotent-replayed', 'true');
    return entryView(result);
  }
}

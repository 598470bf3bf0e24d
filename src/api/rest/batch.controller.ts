import { Injectable } from '@nestjs/common';
import { Ajv } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { DeductionService, type MoneyRequest } from '../../deductions/deduction.service';
import { Metrics } from '../../platform/metrics';
import type { Principal } from '../../platform/principal';
import { ITEMS_MAX, ManyDeductions } from '../many-deductions';
import type { EntryOutcome } from '../outcome-problem';
import { Problem, type ProblemBody } from '../problem';
import { moneyOf, type MoneyBody } from './money-body';
import { fieldFaults } from './problem-reply';
import * as fields from './schemas/fields';
import { problemResponses } from './schemas/shapes';

const BODY_BYTES_MAX = 4 * 1024 * 1024;

const item = {
  type: 'object',
  additionalProperties: false,
  required: ['accountId', 'amount', 'requestId'],
  properties: {
    accountId: fields.accountId,
    amount: fields.amount,
    requestId: fields.requestId,
    reference: fields.reference,
    metadata: fields.metadata,
  },
} as const;

function envelope(items: object | undefined) {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['items'],
    properties: { items: { type: 'array', maxItems: ITEMS_MAX, ...(items && { items }) } },
  };
}

interface BatchItem extends MoneyBody {
  readonly accountId: string;
  readonly requestId: string;
}

interface BatchResult {
  readonly requestId: string | null;
  readonly status: 'succeeded' | 'replayed' | 'rejected';
  readonly durability?: 'deferred';
  readonly error?: ProblemBody;
}

/** Many deductions in one request. Items succeed or fail one by one; a malformed item is refused alone. */
@Injectable()
export class BatchController {
  readonly #isItem = new Ajv({ allowUnionTypes: true, strict: false }).compile<BatchItem>(item);

  readonly #many: ManyDeductions;

  constructor(deductions: DeductionService, metrics: Metrics) {
    this.#many = new ManyDeductions(deductions, metrics);
  }

  register(rest: FastifyInstance): void {
    rest.post<{ Body: { items: unknown[] } }>(
      // Two colons stand for a literal one: the path is /v1/deductions:batch.
      '/v1/deductions::batch',
      {
        config: { scope: 'deduct', limitsKept: 'by the handler', documentedBody: envelope(item) },
        bodyLimit: BODY_BYTES_MAX,
        schema: {
          operationId: 'batchDeduct',
          summary: 'Deduct many, each on its own',
          description: `Up to ${ITEMS_MAX} items of {accountId, amount, requestId, reference?, metadata?}; one result each, in order.`,
          tags: ['deductions'],
          // The items are checked one by one, so that a malformed one is refused alone.
          body: envelope(undefined),
          response: {
            200: {
              description: 'One result for each item, in their order.',
              type: 'object',
              properties: { results: { type: 'array', items: { $ref: 'BatchResult#' } } },
            },
            ...problemResponses,
          },
        },
      },
      async ({ body, principal }) => ({ results: await this.#carryOut(body.items, principal) }),
    );
  }

  async #carryOut(items: readonly unknown[], caller: Principal): Promise<BatchResult[]> {
    const results = await this.#many.all({ items, read: (each) => this.#requestOf(each), caller });
    return results.map((result, position) => resultOf(items[position], result));
  }

  /** @throws Problem INVALID_ARGUMENT */
  #requestOf(given: unknown): MoneyRequest {
    if (!this.#isItem(given)) {
      const errors = fieldFaults(this.#isItem.errors ?? [], 'item');
      throw new Problem('INVALID_ARGUMENT', { errors });
    }
    const { amountMinor, reference, metadata } = moneyOf(given);
    const { accountId, requestId } = given;
    return { kind: 'deduct', accountId, requestId, amountMinor, reference, metadata };
  }
}

function resultOf(given: unknown, result: EntryOutcome | Problem): BatchResult {
  const requestId = requestIdIn(given);
  if (result instanceof Problem) return { requestId, status: 'rejected', error: result.body };
  const status = result.kind === 'applied' ? 'succeeded' : 'replayed';
  return result.isDeferred ? { requestId, status, durability: 'deferred' } : { requestId, status };
}

function requestIdIn(given: unknown): string | null {
  const requestId = (given as { requestId?: unknown } | null | undefined)?.requestId;
  return typeof requestId === 'string' ? requestId.slice(0, 64) : null;
}

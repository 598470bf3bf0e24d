import { Injectable } from '@nestjs/common';
import { Ajv } from 'ajv';
import type { FastifyInstance } from 'fastify';
import { DeductionService, type MoneyRequest, type OneOfMany } from '../../deductions/deduction.service';
import { Metrics } from '../../platform/metrics';
import { refusalProblem } from '../outcome-problem';
import { Problem, type ProblemBody } from '../problem';
import { moneyOf, type MoneyBody } from './money-body';
import { fieldFaults, problemOfError } from './problem-reply';
import * as fields from './schemas/fields';
import { problemResponses } from './schemas/shapes';

const ITEMS_MAX = 5_000;
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

  constructor(
    private readonly deductions: DeductionService,
    private readonly metrics: Metrics,
  ) {}

  register(rest: FastifyInstance): void {
    rest.post<{ Body: { items: unknown[] } }>(
      // Two colons stand for a literal one: the path is /v1/deductions:batch.
      '/v1/deductions::batch',
      {
        config: { scope: 'deduct', documentedBody: envelope(item) },
        bodyLimit: BODY_BYTES_MAX,
        schema: {
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
      async ({ body }) => ({ results: await this.#carryOut(body.items) }),
    );
  }

  /** Malformed items get their answer at once; the others are carried out together. */
  async #carryOut(items: readonly unknown[]): Promise<BatchResult[]> {
    const results = new Array<BatchResult>(items.length);
    const requests: MoneyRequest[] = [];
    const positions: number[] = [];
    items.forEach((each, position) => {
      const request = this.#requestOf(each);
      if (request instanceof Problem) results[position] = rejected(requestIdIn(each), request);
      else positions[requests.push(request) - 1] = position;
    });
    const outcomes = await this.deductions.carryOutAll(requests);
    positions.forEach((position, n) => {
      results[position] = this.#result((requests[n] as MoneyRequest).requestId, outcomes[n] as OneOfMany);
    });
    return results;
  }

  #requestOf(given: unknown): MoneyRequest | Problem {
    if (!this.#isItem(given)) {
      const errors = fieldFaults(this.#isItem.errors ?? [], 'item');
      return new Problem('INVALID_ARGUMENT', { errors });
    }
    try {
      const { amountMinor, reference, metadata } = moneyOf(given);
      const { accountId, requestId } = given;
      return { kind: 'deduct', accountId, requestId, amountMinor, reference, metadata };
    } catch (error) {
      return problemOfError(error, this.metrics);
    }
  }

  #result(requestId: string, outcome: OneOfMany): BatchResult {
    if (outcome.kind === 'applied') return carriedOut(requestId, 'succeeded', outcome);
    if (outcome.kind === 'replayed') return carriedOut(requestId, 'replayed', outcome);
    return rejected(requestId, this.#problemOf(outcome));
  }

  #problemOf(outcome: Exclude<OneOfMany, { kind: 'applied' | 'replayed' }>): Problem {
    try {
      return outcome.kind === 'rejected'
        ? problemOfError(outcome.error, this.metrics)
        : refusalProblem(outcome);
    } catch (error) {
      return problemOfError(error, this.metrics);
    }
  }
}

function carriedOut(
  requestId: string,
  status: 'succeeded' | 'replayed',
  { isDeferred }: { readonly isDeferred?: true },
): BatchResult {
  return isDeferred ? { requestId, status, durability: 'deferred' } : { requestId, status };
}

function rejected(requestId: string | null, problem: Problem): BatchResult {
  return { requestId, status: 'rejected', error: problem.body };
}

function requestIdIn(given: unknown): string | null {
  const requestId = (given as { requestId?: unknown } | null | undefined)?.requestId;
  return typeof requestId === 'string' ? requestId.slice(0, 64) : null;
}

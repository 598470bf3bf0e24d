import type { FastifyInstance } from 'fastify';
import { entryView } from '../../src/api/rest/views';
import * as fields from '../../src/api/rest/schemas/fields';
import { problemResponses } from '../../src/api/rest/schemas/shapes';
import { noopEntry } from '../yardsticks/noop-entry';

interface NoopRoute {
  Params: { accountId: string };
  Body: { amount: string; requestId: string };
}

/** Where the noop answers; beside the deductions, so that the same path parameter is parsed and checked. */
export function noopPath(accountId: string): string {
  return `/v1/accounts/${accountId}/noop`;
}

/**
 * The HTTP yardstick: a route with the schemas of a deduction, under the same hooks of the same server, that answers at
 * once. What a deduction costs beyond it is the product's.
 */
export function registerNoop(rest: FastifyInstance): void {
  rest.post<NoopRoute>(
    noopPath(':accountId'),
    {
      config: { scope: 'deduct' },
      schema: {
        hide: true,
        params: { type: 'object', required: ['accountId'], properties: { accountId: fields.accountId } },
        headers: { type: 'object', properties: { 'idempotency-key': { type: 'string' } } },
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['amount'],
          properties: {
            amount: fields.amount,
            requestId: fields.requestId,
            reference: fields.reference,
            metadata: fields.metadata,
          },
        },
        response: { 201: { $ref: 'Entry#' }, 200: { $ref: 'Entry#' }, ...problemResponses },
      },
    },
    ({ params, body }, reply) => {
      const { accountId } = params;
      const amountMinor = BigInt(body.amount);
      void reply.code(201).send(entryView(noopEntry({ accountId, requestId: body.requestId, amountMinor })));
    },
  );
}

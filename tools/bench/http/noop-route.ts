import type { FastifyInstance } from 'fastify';
import { deduct } from '../../../src/contract/deductions';
import { entryView } from '../../../src/contract/entries';
import { schemaOf } from '../../../src/http/serves.decorator';
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
    { config: { call: deduct }, schema: { ...schemaOf(deduct), hide: true } },
    ({ params, body }, reply) => {
      const { accountId } = params;
      const amountMinor = BigInt(body.amount);
      void reply.code(201).send(entryView(noopEntry({ accountId, requestId: body.requestId, amountMinor })));
    },
  );
}

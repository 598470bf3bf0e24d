import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { holdersOf, type RateHolder, type RatesTaken, takeRates } from '../api/take-rates';
import type { Problem } from '../contract/problem';
import { usesAccount } from '../contract/call';
import type { AccountRates } from '../platform/rates/account-rates';
import type { RateLimits } from '../platform/rates/rate-limits';

/**
 * Has every request taken from the rates of its key and of the account that it uses, where these have any; before its body is read,
 * wherever that need not be.
 */
export function limitRates(rest: FastifyInstance, limits: RateLimits, accounts: AccountRates): void {
  const take = async (
    holders: readonly RateHolder[],
    reply: FastifyReply,
    taken: RatesTaken,
  ): Promise<Problem | undefined> => {
    const { refusal, headers } = await takeRates(limits, holders, taken);
    void reply.headers(headers);
    return refusal;
  };
  rest.addHook('onRequest', (request, reply, done) => {
    const { call } = request.route.config;
    const { accountId } = request.params as { readonly accountId?: string };
    const holders = holdersOf(request.principal, accounts, call && usesAccount(call) ? accountId : undefined);
    if (holders.length === 0) {
      done();
      return;
    }
    const deductions = call?.deductions === 'one' ? 1 : 0;
    take(holders, reply, { requests: 1, deductions }).then(done, done);
  });
  rest.addHook('onRoute', (route) => {
    if (route.config?.call?.deductions !== 'items') return;
    const takeItems = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const { principal } = request;
      if (principal.rates === null) return;
      const { items } = request.body as { readonly items: readonly unknown[] };
      // Their accounts' rates are taken item by item.
      const holders = holdersOf(principal, accounts, undefined);
      const refusal = await take(holders, reply, { requests: 0, deductions: items.length });
      if (refusal) throw refusal;
    };
    route.preHandler = [...[route.preHandler ?? []].flat(), takeItems];
  });
}

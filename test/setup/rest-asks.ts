import type { Asks } from './asked';
import type { RestClient } from './rest-client';
import type { Answered } from './retrying-load';

/** Sends deductions and credits over REST; an answer's kind is the problem's code, where it is one. */
export function restAsks(rest: RestClient): Asks<Answered> {
  return {
    submit: async (accountId, { kind, requestId, amountMinor }) => {
      const send = kind === 'deduct' ? rest.deduct.bind(rest) : rest.credit.bind(rest);
      const { status, body } = await send(accountId, requestId, amountMinor.toString());
      if (status === 201) return { kind: 'applied' };
      if (status === 200) return { kind: 'replayed' };
      return { kind: typeof body['code'] === 'string' ? body['code'] : `status ${status}` };
    },
  };
}

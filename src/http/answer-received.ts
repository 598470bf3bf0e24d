import type { FastifyReply } from 'fastify';
import { receivedOrProblem } from '../api/received-problem';
import { Problem } from '../contract/problem';
import { deductionView } from '../contract/received';
import type { ReceivedOutcome } from '../deductions/intake.service';
import type { Principal } from '../platform/principal';
import { ASYNC_APPLIED } from './prefers-async';

/**
 * What was received, as it is now: 202, with the place where its end is to be looked up.
 *
 * @throws Problem that says why it was not
 */
export function answerReceived(outcome: ReceivedOutcome, principal: Principal, reply: FastifyReply) {
  const result = receivedOrProblem(outcome, principal);
  if (result instanceof Problem) throw result;
  const { known, replayed } = result;
  const { accountId, requestId } = known.entry ?? known.record;
  void reply
    .code(202)
    .header(...ASYNC_APPLIED)
    .header('location', `/v1/accounts/${accountId}/deductions/${encodeURIComponent(requestId)}`);
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return deductionView(known);
}

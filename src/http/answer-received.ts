import type { FastifyReply } from 'fastify';
import type { ReceivedOutcome } from '../api/outcome-problem';
import { type ReceivedDeduction, receivedOrProblem } from '../api/received-problem';
import { Problem } from '../contract/problem';
import { deductionView } from '../contract/received';
import type { ReceivedOutcome as SubmittedOutcome } from '../deductions/intake.service';
import type { Principal } from '../platform/principal';
import { ASYNC_APPLIED } from './prefers-async';

/**
 * What was received, as it is now: 202, with the place where its end is to be looked up.
 *
 * @throws Problem that says why it was not
 */
export function answerReceived(outcome: SubmittedOutcome, principal: Principal, reply: FastifyReply) {
  const result = receivedOrProblem(outcome, principal);
  if (result instanceof Problem) throw result;
  void reply.header(...ASYNC_APPLIED);
  return answerKnown(result, reply);
}

/** A deduction of the strategy `queued` that waits for its outcome still. Nobody asked for that, so no preference was applied. */
export function answerWaiting({ record, replayed }: ReceivedOutcome, reply: FastifyReply) {
  return answerKnown({ known: { record }, replayed }, reply);
}

function answerKnown({ known, replayed }: ReceivedDeduction, reply: FastifyReply) {
  const { accountId, requestId } = known.entry ?? known.record;
  void reply
    .code(202)
    .header('location', `/v1/accounts/${accountId}/deductions/${encodeURIComponent(requestId)}`);
  if (replayed) void reply.header('idempotent-replayed', 'true');
  return deductionView(known);
}

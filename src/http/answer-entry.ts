import type { FastifyReply } from 'fastify';
import { entryOrProblem } from '../api/outcome-problem';
import { entryView } from '../contract/entries';
import { Problem } from '../contract/problem';
import type { MoneyOutcome } from '../deductions/deduction.service';
import type { Principal } from '../platform/principal';

/**
 * The entry that a request came to: 201 when it took effect now, 200 and `Idempotent-Replayed` when it had before.
 *
 * @throws Problem that says why there is none
 */
export function answerEntry(outcome: MoneyOutcome, principal: Principal, reply: FastifyReply) {
  const result = entryOrProblem(outcome, principal);
  if (result instanceof Problem) throw result;
  void reply.code(result.kind === 'replayed' ? 200 : 201);
  if (result.kind === 'replayed') void reply.header('idempotent-replayed', 'true');
  return entryView(result);
}

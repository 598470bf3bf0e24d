import { GrpcSession } from '../grpc/grpc-session';
import { DeductionsWriter, METHODS, readResults } from '../grpc/messages';
import { countedLoop, type LoopPlan } from './counted-loop';
import type { LoadResult } from './load-plan';

/** BatchDeduct, one call after the other on each of as many connections as calls are to be under way. */
export async function runGrpcBatch(plan: LoopPlan): Promise<LoadResult> {
  const open = Array.from({ length: plan.inFlight }, () => GrpcSession.open(plan.address, plan.key));
  const sessions = await Promise.all(open);
  const writer = new DeductionsWriter(plan.accountId);
  try {
    return await countedLoop(plan, async (deductions, worker) => {
      try {
        const answer = await (sessions[worker] as GrpcSession).unary(
          METHODS.batchDeduct,
          writer.write(deductions),
        );
        return readResults(answer).map((result) => result.answer);
      } catch (error) {
        const code = error instanceof Error ? error.message : String(error);
        return deductions.map(() => ({ kind: 'unknown', code }));
      }
    });
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

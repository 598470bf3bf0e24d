import { HotsplitClient, HotsplitError, OutcomeUnknownError } from '../../../src/client';
import {
  ACKNOWLEDGED,
  countedLoop,
  type LoopAnswer,
  type DrawnDeduction,
  type LoopPlan,
} from './counted-loop';
import type { LoadResult } from './load-plan';

/** Deductions through the product's own client, asked for one by one, as its users do; how they travel is up to it. */
export async function runClient(plan: LoopPlan): Promise<LoadResult> {
  const client = new HotsplitClient({ endpoints: plan.address, apiKey: plan.key });
  try {
    return await countedLoop(plan, (deductions) =>
      Promise.all(deductions.map((each) => deduct(client, each))),
    );
  } finally {
    await client.close();
  }
}

async function deduct(
  client: HotsplitClient,
  { accountId, requestId, amount }: DrawnDeduction,
): Promise<LoopAnswer> {
  try {
    await client.deduct({ accountId, requestId, amount });
    return ACKNOWLEDGED;
  } catch (error) {
    if (!(error instanceof HotsplitError)) throw error;
    return { kind: error instanceof OutcomeUnknownError ? 'unknown' : 'refused', code: error.code };
  }
}

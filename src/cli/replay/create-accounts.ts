import { AccountExistsError } from '../../client';
import { createAccountCall } from '../../client/account-calls';
import { passing } from '../faults';
import type { ServiceClient } from '../service/service-client';
import type { Stage } from '../terminal/progress';
import { inParallel } from './in-parallel';
import type { Patience } from './patience';
import type { AccountPlan } from './plan-accounts';

export interface CreatedAccounts {
  created: number;
  /** There before, with the same parameters. */
  existed: number;
  /** There before, with others: they are used as they are. */
  readonly differing: string[];
}

const AT_ONCE = 8;

/** Makes the accounts that are not there yet. */
export async function createAccounts(
  plans: readonly AccountPlan[],
  context: {
    readonly client: ServiceClient;
    readonly patience: Patience;
    readonly stop: AbortController;
    readonly stage: Stage;
  },
): Promise<CreatedAccounts> {
  const result: CreatedAccounts = { created: 0, existed: 0, differing: [] };
  let reached = 0;
  await inParallel(oneByOne(plans), {
    atOnce: AT_ONCE,
    stop: context.stop,
    work: async (plan) => {
      const outcome = await createAccount(plan, context);
      context.patience.progressed();
      context.stage.reached((reached += 1));
      if (outcome === 'differs') result.differing.push(plan.id);
      else result[outcome] += 1;
    },
  });
  return result;
}

async function createAccount(
  plan: AccountPlan,
  { client, patience }: { readonly client: ServiceClient; readonly patience: Patience },
): Promise<'created' | 'existed' | 'differs'> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { replayed } = await client.read(createAccountCall(plan));
      return replayed ? 'existed' : 'created';
    } catch (error) {
      if (error instanceof AccountExistsError) return 'differs';
      const failure = passing(error);
      if (failure === undefined) throw error;
      const { reason, retryAfterMs } = failure;
      await patience.wait({ reason, retryAfterMs, attempt });
    }
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- workers share one source, which must be asynchronous
async function* oneByOne<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

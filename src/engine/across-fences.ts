import type { AccountRecord } from '../shards/directory/account-record';
import { DirectoryUnavailableError } from '../shards/directory/directory';
import type { AccountCache } from './account-cache';
import type { EngineOutcome, LaneOutcome } from './engine-outcome';

const FENCE_WAIT_MS_MAX = 5_000;
const FENCE_PAUSE_MS_MIN = 3;
const FENCE_PAUSE_MS_MAX = 25;

/** Where an outcome comes from, and what it is. */
export interface Told {
  readonly shard: string;
  readonly outcome: LaneOutcome;
}

export interface FenceParts {
  readonly accounts: Pick<AccountCache, 'read'>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long a request waits for a placement that is changing, 5 s by default. The fence is given up before this. */
  readonly fenceWaitMsMax?: number;
}

/** Tries by ever fresher records of an account until its rows do not turn the command back, within bounds. */
export async function acrossFences(
  parts: FenceParts,
  account: AccountRecord,
  tryOnce: (account: AccountRecord) => Told | Promise<Told>,
): Promise<EngineOutcome> {
  let current = account;
  let waitUntil: number | undefined;
  for (let pauseMs = FENCE_PAUSE_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, FENCE_PAUSE_MS_MAX)) {
    const { shard, outcome } = await tryOnce(current);
    if (
      outcome.kind === 'applied' ||
      outcome.kind === 'replayed' ||
      outcome.kind === 'held' ||
      outcome.kind === 'holdChanged' ||
      outcome.kind === 'holdSettled'
    )
      return { ...outcome, shard };
    if (outcome.kind !== 'fenced') return outcome;

    // Its home has gone on to another placement. The new one may not be active yet.
    waitUntil ??= parts.now() + (parts.fenceWaitMsMax ?? FENCE_WAIT_MS_MAX);
    if (parts.now() > waitUntil) return { kind: 'shardUnavailable', shard };
    const fresh = await reread(parts, current);
    if (fresh.placement.epoch === current.placement.epoch) await parts.sleep(pauseMs);
    current = fresh;
  }
}

/** The account as the directory has it; as it is known while the directory is away. */
async function reread({ accounts }: FenceParts, account: AccountRecord): Promise<AccountRecord> {
  try {
    return (await accounts.read(account.accountId)) ?? account;
  } catch (error) {
    if (error instanceof DirectoryUnavailableError) return account;
    throw error;
  }
}

import type { AskedFollowUp } from './hold-model';
import type { PinnedCall } from './pinned-call';

/** What was true when a follow-up was asked for, and until it was answered. */
export interface FollowUpCall<Asked extends AskedFollowUp = AskedFollowUp> {
  readonly asked: Asked;
  /** What it is about was there already. */
  readonly wasThere: boolean;
  /** It had taken effect before. */
  readonly wasDone: boolean;
  /** It was answered from a lease before, is not written, and its lease was there to be asked. */
  readonly isOwed: boolean;
  /** The account was, or may have been, closed at some instant of it. */
  readonly wasClosed: boolean;
  /** No shard's clock is further than this: microseconds since 1970. */
  readonly latestUs: number;
  /** What the account had for it meanwhile. */
  readonly pinned: PinnedCall;
}

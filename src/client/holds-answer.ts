import { type ItemOutcome, readRejection, readResults, type SentItems } from './batch-answer';
import { readHold, whenShaped } from './read-shapes';
import type { Hold } from './shapes';

/** What a batch of holds came to, or of confirms. */
export function readHoldsAnswer(body: unknown, sent: SentItems): ItemOutcome<HoldEffect>[] | undefined {
  return readResults(body, sent, (result) => {
    const { requestId, status, error } = result;
    if (status === 'rejected') return readRejection(error);
    if (status !== 'succeeded' && status !== 'replayed') return undefined;
    const hold = whenShaped(() => readHold(result.hold));
    return hold?.holdId === requestId
      ? { kind: 'succeeded', effect: { hold, replayed: status === 'replayed' } }
      : undefined;
  });
}

/** What a hold that was taken or confirmed came to. */
export interface HoldEffect {
  readonly hold: Hold;
  readonly replayed: boolean;
}

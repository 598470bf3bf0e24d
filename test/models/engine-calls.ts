import type { EngineOutcome } from '../../src/engine/engine-outcome';
import type { Request } from '../../src/engine/router';
import { type Entry, signedAmount } from '../../src/ledger/entry';
import type { EngineInstance, EngineWorld } from './engine-world';

/** A call that has ended, and whether a refusal for funds would have been right at some instant of it. */
export interface EndedCall {
  readonly request: Request;
  readonly outcome: EngineOutcome | { readonly kind: 'rejected'; readonly error: unknown };
  readonly mayBeShort: boolean;
}

interface OpenCall {
  readonly request: Request;
  mayBeShort: boolean;
}

/**
 * Watches calls on one account: after every entry, in the order in which they were decided, it looks whether the
 * account, taken as one balance, could pay what each open call asks for. Only a call that it could not pay at some
 * instant, before its key took effect, may be refused for funds.
 */
export class WatchedCalls {
  readonly ended: EndedCall[] = [];
  readonly #open = new Set<OpenCall>();
  readonly #tookEffect = new Set<string>();
  /** What the account can pay: its total without what is held. */
  #payableMinor: bigint;

  constructor(world: EngineWorld, accountId = 'acme') {
    this.#payableMinor = world.total(accountId) - world.held(accountId);
    world.onCommit(({ entries, newHolds, changedHolds }) => {
      for (const entry of entries) {
        if (entry.accountId !== accountId) continue;
        this.#payableMinor += payableChange(entry);
        this.#tookEffect.add(entry.requestId);
        this.#look(this.#open);
      }
      for (const hold of [...newHolds, ...changedHolds]) {
        if (hold.accountId === accountId && hold.state !== 'held')
          this.#payableMinor += hold.amountMinor - hold.confirmedMinor;
      }
    });
  }

  async submit(instance: EngineInstance, request: Request): Promise<EndedCall> {
    const call: OpenCall = { request, mayBeShort: false };
    this.#open.add(call);
    this.#look([call]);
    const outcome = await instance
      .submit(request)
      .catch((error: unknown) => ({ kind: 'rejected' as const, error }));
    this.#open.delete(call);
    const ended = { request, outcome, mayBeShort: call.mayBeShort };
    this.ended.push(ended);
    return ended;
  }

  /** Refusals of what the account could pay from the first to the last instant of the call. */
  get wronglyRefused(): EndedCall[] {
    return this.ended.filter(
      ({ outcome, mayBeShort }) => outcome.kind === 'insufficientFunds' && !mayBeShort,
    );
  }

  /** How often calls ended in which way. */
  get tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { outcome } of this.ended) tally[outcome.kind] = (tally[outcome.kind] ?? 0) + 1;
    return tally;
  }

  #look(calls: Iterable<OpenCall>): void {
    for (const call of calls) {
      const { requestId, amountMinor } = call.request;
      if (this.#payableMinor < amountMinor && !this.#tookEffect.has(requestId)) call.mayBeShort = true;
    }
  }
}

/** A hold takes from what can be paid when it is tried; what is released comes with its settling. */
function payableChange(entry: Entry): bigint {
  if (entry.kind === 'hold') return -entry.amountMinor;
  return entry.kind === 'hold-confirmation' ? 0n : signedAmount(entry);
}

import type { EngineOutcome } from '../../src/engine/engine-outcome';
import type { Request } from '../../src/engine/router';
import { signedAmount } from '../../src/ledger/entry';
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
  #totalMinor: bigint;

  constructor(world: EngineWorld, accountId = 'acme') {
    this.#totalMinor = world.total(accountId);
    world.onCommit(({ entries }) => {
      for (const entry of entries) {
        if (entry.accountId !== accountId) continue;
        this.#totalMinor += signedAmount(entry);
        this.#tookEffect.add(entry.requestId);
        this.#look(this.#open);
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
      if (this.#totalMinor < amountMinor && !this.#tookEffect.has(requestId)) call.mayBeShort = true;
    }
  }
}
